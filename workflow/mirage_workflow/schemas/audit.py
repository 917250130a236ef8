"""How far the counter of shapes can be trusted."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

AUDIT = pa.schema(
    fields(
        method=pa.string(),
        pictures=pa.string(),
        truth=pa.string(),
        degraded=pa.bool_(),
        label=pa.string(),
        count=pa.int64(),
        n=pa.int64(),
        share=pa.float64(),
        low=pa.float64(),
        high=pa.float64(),
    )
)
