"""Split the variance of a rate into that of data, training and sampling seeds."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage.metrics.statistics import variance_parts
from mirage_workflow import tables
from mirage_workflow.schemas.seeds import VARIANCE

rates = tables.read(*job.input.rates)
parts = pd.Series(variance_parts(rates), name="variance").rename_axis("part").reset_index()
table = parts.assign(
    experiment=job.wildcards.experiment,
    metric=rates["metric"].iloc[0],
    threshold=rates["threshold"].iloc[0],
    share=parts["variance"] / parts["variance"].sum(),
    mean=rates["value"].mean(),
    seeds=rates["data_seed"].nunique(),
)
tables.write(job.output.variance, table[VARIANCE.names], VARIANCE, job.provenance())
