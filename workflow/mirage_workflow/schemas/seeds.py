"""What is said over seeds: means, comparisons, parts of a variance."""

import pyarrow as pa

from mirage_workflow.schemas.at import AT_FIELDS
from mirage_workflow.schemas.fields import OVER_SEEDS, fields

SUMMARY = pa.schema(
    [
        *fields(experiment=pa.string(), metric=pa.string()),
        *AT_FIELDS,
        *fields(generation=pa.int16(), filter=pa.string(), against=pa.string()),
        *OVER_SEEDS,
    ]
)
VARIANCE = pa.schema(
    fields(experiment=pa.string(), metric=pa.string(), threshold=pa.float64(), part=pa.string())
    + fields(variance=pa.float64(), share=pa.float64(), mean=pa.float64(), seeds=pa.int64())
)
