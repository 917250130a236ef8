"""The rates of each model and sampler, and the parts of their excess."""

import pyarrow as pa

from mirage_workflow.schemas.fields import OVER_SEEDS, fields
from mirage_workflow.schemas.metrics import METRICS

CAUSES = pa.schema([*METRICS, *fields(model=pa.string(), sampler=pa.string())])
CAUSE_PARTS = pa.schema(
    [
        *fields(experiment=pa.string(), sampler=pa.string(), threshold=pa.float64()),
        *fields(part=pa.string()),
        *OVER_SEEDS,
        *fields(n=pa.int64()),
    ]
)
