"""Labels along a training."""

import pyarrow as pa

from mirage_workflow.schemas.fields import REPLICATE, fields

FOLLOWED_LABELS = pa.schema(
    [
        *REPLICATE,
        *fields(update=pa.int64(), label=pa.string(), hits=pa.int64(), n=pa.int64()),
        *fields(value=pa.float64(), low=pa.float64(), high=pa.float64()),
    ]
)
