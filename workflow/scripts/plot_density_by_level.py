"""Plot histograms of 1D samples for each level of the factors that change the data."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import density_by_level, style
from mirage_workflow import tables

figure = density_by_level.draw(tables.read(*job.input.histograms), job.told["modes"])
style.save(figure, job.output.png, job.output.pdf, about=job.about(density_by_level.draw))
