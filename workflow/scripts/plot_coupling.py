"""Plot where a network of shapes goes wrong, held against a perfect model."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import coupling, style
from mirage_workflow import tables

figure = coupling.draw(tables.read(*job.input.predictions), tables.read(*job.input.handed_over))
style.save(figure, job.output.png, job.output.pdf, about=job.about(coupling.draw))
