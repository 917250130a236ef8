"""The measures of small models."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields
from mirage_workflow.schemas.metrics import METRICS

SWEEP = pa.schema(
    [
        *METRICS,
        *fields(factor=pa.string(), level=pa.string(), level_number=pa.float64()),
        *fields(second_factor=pa.string(), second_level=pa.string()),
        *fields(second_level_number=pa.float64()),
        *fields(true_value=pa.float64(), excess=pa.float64()),
        *fields(excess_low=pa.float64(), excess_high=pa.float64()),
        *fields(lighter_weight=pa.float64(), heavier_weight=pa.float64()),
    ]
)
