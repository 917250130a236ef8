"""Plot where the samples of every generation and filter lie."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import density_by_generation, style
from mirage_workflow import tables
from mirage_workflow.places import dealt, filter_of, generation_of
from mirage_workflow.sections import sections

experiment = sections(job.config)
shape = experiment.dataset.shape
lineages = job.told["lineages"]
points = {
    (filter_of(lineage), generation_of(lineage)): tables.read_points(*shards, shape=shape)
    for lineage, shards in zip(lineages, dealt(job.input.samples, len(lineages)), strict=True)
}
figure = density_by_generation.draw(points, tables.read(job.input.modes), experiment.scoring.radius)
style.save(figure, job.output.png, job.output.pdf, about=job.about(density_by_generation.draw))
