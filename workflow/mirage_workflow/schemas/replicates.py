"""Rates by seed of data, training and sampling."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

REPLICATES = pa.schema(
    [
        *fields(experiment=pa.string(), data_seed=pa.int64(), training_seed=pa.int64()),
        *fields(sampling_seed=pa.int64(), metric=pa.string(), threshold=pa.float64()),
        *fields(value=pa.float64(), n=pa.int64()),
    ]
)
