"""Plot where hallucinated samples lie."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import bridges, style
from mirage_workflow import tables

figure = bridges.draw(tables.read(*job.input.bridges))
style.save(figure, job.output.png, job.output.pdf, about=job.about(bridges.draw))
