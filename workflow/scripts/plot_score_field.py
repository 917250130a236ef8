"""Plot the learned and the true score as a field."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import score_field, style
from mirage_workflow import tables

figure = score_field.draw(tables.read(job.input.field))
style.save(figure, job.output.png, job.output.pdf, about=job.about(score_field.draw))
