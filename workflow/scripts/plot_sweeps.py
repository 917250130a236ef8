"""Plot the hallucination rate by factor and level."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import style, sweeps
from mirage_workflow import tables

figure = sweeps.draw(tables.read(*job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(sweeps.draw))
