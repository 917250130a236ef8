"""Join the metrics of all seeds, filters and generations of an experiment, and sum them up."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.metrics.statistics import summarise
from mirage_workflow import tables

metrics = tables.read(*job.input.parts)
tables.write(job.output.metrics, metrics, tables.METRICS, job.provenance())
summary = summarise(metrics).assign(experiment=job.wildcards.experiment)
tables.write(job.output.summary, summary[tables.SUMMARY.names], tables.SUMMARY, job.provenance())
