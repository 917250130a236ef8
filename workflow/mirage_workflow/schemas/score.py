"""The learned score beside the true one."""

import pyarrow as pa

from mirage_workflow.schemas.fields import REPLICATE, fields

SCORE_LINES = pa.schema(
    [
        *REPLICATE,
        *fields(line=pa.string(), t=pa.int32(), position=pa.float64()),
        *fields(true_score=pa.float64(), learned_score=pa.float64()),
        *fields(true_x0_hat=pa.float64(), learned_x0_hat=pa.float64()),
    ]
)
SCORE_FIELD = pa.schema(
    [
        *REPLICATE,
        *fields(t=pa.int32(), x0=pa.float64(), x1=pa.float64()),
        *fields(true_score0=pa.float64(), true_score1=pa.float64()),
        *fields(learned_score0=pa.float64(), learned_score1=pa.float64()),
    ]
)
