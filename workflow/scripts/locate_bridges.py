"""Say where hallucinated samples lie, against what chance would give."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.metrics.bridges import measure
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.schemas.bridges import BRIDGES
from mirage_workflow.sections import sections

experiment = sections(job.config)
points = tables.read_points(*job.input.samples, shape=experiment.dataset.shape)
labels = tables.read(*job.input.scores, columns=["label"])["label"]
mixture, rng = experiment.dataset.mixture, numpy_rng(job.seed, "chance")
table = measure(points, labels, mixture, experiment.scoring.radius, rng)
table = table.assign(experiment=job.wildcards.experiment, seed=job.seed)
tables.write(job.output.bridges, table[BRIDGES.names], BRIDGES, job.provenance())
