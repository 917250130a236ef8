"""Split the excess over the perfect-sampler floor into its causes, over seeds."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.metrics.causes import split
from mirage_workflow import tables
from mirage_workflow.schemas.causes import CAUSE_PARTS

parts = split(tables.read(*job.input.rates)).assign(experiment=job.wildcards.experiment)
tables.write(job.output.causes, parts[CAUSE_PARTS.names], CAUSE_PARTS, job.provenance())
