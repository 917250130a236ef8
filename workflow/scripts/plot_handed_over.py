"""Plot at which times a network of shapes goes wrong."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import handed_over, style
from mirage_workflow import tables

figure = handed_over.draw(tables.read(*job.input.handed_over))
style.save(figure, job.output.png, job.output.pdf, about=job.about(handed_over.draw))
