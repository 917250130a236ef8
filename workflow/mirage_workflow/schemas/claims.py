"""The ledger."""

import pyarrow as pa

from mirage_workflow.schemas.at import AT_FIELDS
from mirage_workflow.schemas.fields import OVER_SEEDS, fields

CLAIMS = pa.schema(
    [
        *fields(id=pa.string(), claim=pa.string(), source=pa.string(), experiment=pa.string()),
        *fields(statistic=pa.string(), metric=pa.string()),
        *AT_FIELDS,
        *fields(wanted=pa.string(), bound=pa.float64(), refuted=pa.string()),
        *OVER_SEEDS,
        *fields(verdict=pa.string(), reason=pa.string(), seeds_needed=pa.float64()),
        *fields(figure=pa.string()),
    ]
)
