"""The thresholds of the counter of shapes."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

COUNTER = pa.schema(
    fields(
        statistic=pa.string(),
        threshold=pa.float64(),
        worst_true=pa.float64(),
        best_planted=pa.float64(),
        kind=pa.string(),
        n=pa.int64(),
    )
)
