"""Plot FID over its floor, precision, recall and coverage along a training."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import quality_by_update, style
from mirage_workflow import tables

figure = quality_by_update.draw(tables.read(job.input.quality))
style.save(figure, job.output.png, job.output.pdf, about=job.about(quality_by_update.draw))
