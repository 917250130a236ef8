"""Plot rate and detection by the noise of DDIM."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import eta, style
from mirage_workflow import tables

figure = eta.draw(tables.read(*job.input.metrics))
style.save(figure, job.output.png, job.output.pdf, about=job.about(eta.draw))
