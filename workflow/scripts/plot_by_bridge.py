"""Plot how often each bridge is taken by the weights of its modes."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import by_bridge, style
from mirage_workflow import tables

figure = by_bridge.draw(tables.read(*job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(by_bridge.draw))
