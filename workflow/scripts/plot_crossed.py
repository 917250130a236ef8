"""Plot what two factors do together."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import crossed, style
from mirage_workflow import tables

figure = crossed.draw(tables.read(*job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(crossed.draw))
