"""Draw the real training set and a held-out set of an experiment."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage import frames
from mirage.datasets.base import real_samples
from mirage_workflow import tables
from mirage_workflow.schemas.samples import data_schema
from mirage_workflow.sections import sections

dataset = sections(job.config).dataset
drawn = real_samples(dataset, job.seed)
for path, (samples, labels) in zip((job.output.data, job.output.heldout), drawn, strict=True):
    columns = {"sample": range(len(samples)), **frames.from_array(samples)}
    columns |= {} if labels is None else {"label": labels}
    schema = data_schema(dataset.shape, labelled=labels is not None)
    tables.write(path, pd.DataFrame(columns), schema, job.provenance())
