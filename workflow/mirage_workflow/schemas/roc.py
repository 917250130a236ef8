"""How well a detector tells hallucinations."""

import pyarrow as pa

from mirage_workflow.schemas.fields import MEASURED, OF_SCORE, fields

ROC = pa.schema(
    [
        *MEASURED,
        *OF_SCORE,
        *fields(
            threshold=pa.float64(),
            false_positive_rate=pa.float64(),
            true_positive_rate=pa.float64(),
        ),
    ]
)
