"""Plot the hallucination rate by generation and filter."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import rate_by_generation, style
from mirage_workflow import tables

figure = rate_by_generation.draw(tables.read(job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(rate_by_generation.draw))
