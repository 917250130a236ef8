"""Labels where a perfect model begins a walk and another ends it."""

import pyarrow as pa

from mirage_workflow.schemas.fields import REPLICATE, fields

HANDED_OVER = pa.schema(
    [
        *REPLICATE,
        *fields(then=pa.string(), t=pa.int32()),
        *fields(label=pa.string(), hits=pa.int64(), n=pa.int64()),
        *fields(value=pa.float64(), low=pa.float64(), high=pa.float64()),
    ]
)
