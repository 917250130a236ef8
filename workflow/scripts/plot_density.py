"""Plot the histogram of 1D samples over the true density."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import density, style
from mirage_workflow import tables

figure = density.draw(tables.read(job.input.histogram))
style.save(figure, job.output.png, job.output.pdf, about=job.about(density.draw))
