"""Plot the parts of the excess over the floor."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import causes, style
from mirage_workflow import tables

figure = causes.draw(tables.read(job.input.causes))
style.save(figure, job.output.png, job.output.pdf, about=job.about(causes.draw))
