"""The truth about a mixture, and samples counted beside it."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

MODES = pa.schema(
    fields(mode=pa.int16(), coordinate=pa.int16(), mean=pa.float64(), std=pa.float64())
)
HISTOGRAM = pa.schema(
    fields(left=pa.float64(), right=pa.float64(), count=pa.int64(), density=pa.float64())
    + fields(true_density=pa.float64())
)
