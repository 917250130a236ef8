"""Plot a figure that a user's own file registers."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import own, style
from mirage.registry import FIGURES
from mirage_workflow import tables

name = job.wildcards.figure
given = {table: tables.read(*job.input[table]) for table in own.arguments(name)}
figure = own.plot(name, given)
style.save(figure, job.output.png, job.output.pdf, about=job.about(FIGURES[name]))
