"""A network of shapes held against a perfect model."""

import pyarrow as pa

from mirage_workflow.schemas.fields import REPLICATE, fields

PREDICTIONS = pa.schema(
    [
        *REPLICATE,
        *fields(model=pa.string(), t=pa.int32()),
        *fields(value=pa.float64(), low=pa.float64(), high=pa.float64(), n=pa.int64()),
    ]
)
HANDED_OVER = pa.schema(
    [
        *REPLICATE,
        *fields(first=pa.string(), t=pa.int32()),
        *fields(label=pa.string(), hits=pa.int64(), n=pa.int64()),
        *fields(value=pa.float64(), low=pa.float64(), high=pa.float64()),
    ]
)
