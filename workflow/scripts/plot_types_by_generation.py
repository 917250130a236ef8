"""Plot each type of hallucination by generation and filter."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import style, types_by_generation
from mirage_workflow import tables

figure = types_by_generation.draw(tables.read(job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(types_by_generation.draw))
