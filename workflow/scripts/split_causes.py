"""Split the excess over the perfect-sampler floor into its causes, over seeds."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.metrics.causes import split
from mirage_workflow import tables

parts = split(tables.read(*job.input.rates)).assign(experiment=job.wildcards.experiment)
schema = tables.CAUSE_PARTS
tables.write(job.output.causes, parts[schema.names], schema, job.provenance())
