"""The ledger, and its audit."""

import pyarrow as pa

from mirage_workflow.schemas.at import AT_FIELDS
from mirage_workflow.schemas.fields import OVER_SEEDS, fields

CLAIMS = pa.schema(
    [
        *fields(id=pa.string(), claim=pa.string(), source=pa.string(), family=pa.string()),
        *fields(experiment=pa.string(), statistic=pa.string(), rule=pa.string()),
        *fields(metric=pa.string()),
        *AT_FIELDS,
        *fields(wanted=pa.string(), bound=pa.float64()),
        *fields(control=pa.string(), effect=pa.string(), refuted=pa.string()),
        *OVER_SEEDS,
        *fields(n=pa.float64(), planned=pa.float64(), sensitivity=pa.float64()),
        *fields(sensitivity_low=pa.float64(), sensitivity_high=pa.float64()),
        *fields(p=pa.float64(), p_adjusted=pa.float64()),
        *fields(p_against=pa.float64(), p_against_adjusted=pa.float64()),
        *fields(verdict=pa.string(), reason=pa.string(), figure=pa.string()),
    ]
)
CLAIMS_AUDIT = pa.schema(
    [
        *fields(rule=pa.string(), scenario=pa.string(), data=pa.string(), kind=pa.string()),
        *fields(holds=pa.int64(), fails=pa.int64(), alpha=pa.float64()),
        *fields(n=pa.int64(), value=pa.float64()),
        *fields(low=pa.float64(), high=pa.float64(), planned=pa.float64(), kept=pa.bool_()),
    ]
)
