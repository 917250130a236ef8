"""Plot how well a detector tells hallucinations, by window."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import roc, style
from mirage_workflow import tables

figure = roc.draw(tables.read(job.input.roc), tables.read(job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(roc.draw))
