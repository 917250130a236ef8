"""How well a detector tells hallucinations."""

import pyarrow as pa

from mirage_workflow.schemas.at import SCORE_FIELDS
from mirage_workflow.schemas.fields import MEASURED, fields

ROC = pa.schema(
    [
        *MEASURED,
        *SCORE_FIELDS,
        *fields(
            threshold=pa.float64(),
            false_positive_rate=pa.float64(),
            true_positive_rate=pa.float64(),
        ),
    ]
)
