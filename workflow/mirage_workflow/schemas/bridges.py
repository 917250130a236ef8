"""Where hallucinated samples lie."""

import pyarrow as pa

from mirage_workflow.schemas.fields import REPLICATE, fields

BRIDGES = pa.schema(
    [
        *REPLICATE,
        *fields(place=pa.string(), value=pa.float64(), low=pa.float64(), high=pa.float64()),
        *fields(chance=pa.float64(), n=pa.int64()),
    ]
)
