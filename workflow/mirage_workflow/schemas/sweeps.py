"""The measures of small models."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields
from mirage_workflow.schemas.metrics import METRICS

SWEEP = pa.schema(
    [*METRICS, *fields(factor=pa.string(), level=pa.string(), level_number=pa.float64())]
)
