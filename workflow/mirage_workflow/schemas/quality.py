"""How good pictures are along a training."""

import pyarrow as pa

from mirage_workflow.schemas.at import AT_FIELDS
from mirage_workflow.schemas.fields import REPLICATE, fields

FOLLOWED_QUALITY = pa.schema(
    [
        *REPLICATE,
        *fields(update=pa.int64(), metric=pa.string()),
        *AT_FIELDS,
        *fields(value=pa.float64(), low=pa.float64(), high=pa.float64()),
        *fields(floor=pa.float64(), n=pa.int64()),
    ]
)
