"""Count one-dimensional samples in bins, beside the true density."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.metrics.histogram import histogram
from mirage_workflow import tables
from mirage_workflow.schemas.mixtures import HISTOGRAM
from mirage_workflow.sections import sections

dataset = sections(job.config).dataset
shards = (tables.read_points(shard, shape=dataset.shape) for shard in job.input.samples)
counts = histogram(shards, dataset.mixture)
tables.write(job.output.histogram, counts, HISTOGRAM, job.provenance())
