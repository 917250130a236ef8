"""Plot the learned and the true score along lines."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import score, style
from mirage_workflow import tables

figure = score.draw(tables.read(job.input.lines))
style.save(figure, job.output.png, job.output.pdf, about=job.about(score.draw))
