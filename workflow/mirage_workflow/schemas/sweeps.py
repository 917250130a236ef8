"""The measures of small models."""

import pyarrow as pa

from mirage_workflow.schemas.fields import REPLICATE, fields
from mirage_workflow.schemas.metrics import METRICS

_VARIED = fields(
    factor=pa.string(),
    level=pa.string(),
    level_number=pa.float64(),
    second_factor=pa.string(),
    second_level=pa.string(),
    second_level_number=pa.float64(),
)
SWEEP = pa.schema(
    [
        *METRICS,
        *_VARIED,
        *fields(true_value=pa.float64(), excess=pa.float64()),
        *fields(excess_low=pa.float64(), excess_high=pa.float64()),
        *fields(lighter_weight=pa.float64(), heavier_weight=pa.float64()),
    ]
)
MARGINALS = pa.schema(
    [
        *REPLICATE,
        *_VARIED,
        *fields(coordinate=pa.int16(), left=pa.float64(), right=pa.float64()),
        *fields(count=pa.int64(), n=pa.int64(), true_density=pa.float64()),
    ]
)
