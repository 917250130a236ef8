"""Join the metrics of all seeds, filters and generations of an experiment, and sum them up."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.metrics.statistics import summarise
from mirage_workflow import tables
from mirage_workflow.schemas.metrics import METRICS
from mirage_workflow.schemas.seeds import SUMMARY

metrics = tables.read(*job.input.parts)
tables.write(job.output.metrics, metrics, METRICS, job.provenance())
summary = summarise(metrics).assign(experiment=job.wildcards.experiment)
tables.write(job.output.summary, summary[SUMMARY.names], SUMMARY, job.provenance())
