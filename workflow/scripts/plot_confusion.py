"""Plot the confusion table of the counter of shapes."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import confusion, style
from mirage_workflow import tables

figure = confusion.draw(tables.read(job.input.audit))
style.save(figure, job.output.png, job.output.pdf, about=job.about(confusion.draw))
