"""Plot predicted against best windows."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import style, windows
from mirage_workflow import tables

figure = windows.draw(tables.read(*job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(windows.draw))
