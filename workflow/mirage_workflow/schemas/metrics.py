"""The measures of each generation."""

import pyarrow as pa

from mirage_workflow.schemas.at import AT_FIELDS
from mirage_workflow.schemas.fields import MEASURED, fields

METRICS = pa.schema(
    [
        *MEASURED,
        *fields(metric=pa.string()),
        *AT_FIELDS,
        *fields(
            value=pa.float64(),
            low=pa.float64(),
            high=pa.float64(),
            floor=pa.float64(),
            blurred=pa.float64(),
            n=pa.int64(),
        ),
    ]
)
