"""Plot what detectors tell of wrong combinations beyond the number of objects."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import objects, style
from mirage_workflow import tables

figure = objects.draw(tables.read(job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(objects.draw))
