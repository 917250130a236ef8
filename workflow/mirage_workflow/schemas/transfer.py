"""Thresholds on other seeds and generations."""

import pyarrow as pa

from mirage_workflow.schemas.at import SCORE_FIELDS
from mirage_workflow.schemas.fields import fields

TRANSFER = pa.schema(
    [
        *fields(experiment=pa.string(), choice=pa.string()),
        *SCORE_FIELDS,
        *fields(from_seed=pa.int64(), seed=pa.int64()),
        *fields(filter=pa.string(), generation=pa.int16()),
        *fields(threshold=pa.float64(), sensitivity=pa.float64()),
        *fields(sensitivity_low=pa.float64(), sensitivity_high=pa.float64()),
        *fields(specificity=pa.float64(), specificity_low=pa.float64()),
        *fields(specificity_high=pa.float64(), hallucinated=pa.int64(), valid=pa.int64()),
        *fields(auroc=pa.float64(), auroc_low=pa.float64(), auroc_high=pa.float64()),
        *fields(discarded=pa.int64(), recall=pa.float64(), recall_low=pa.float64()),
        *fields(recall_high=pa.float64(), precision=pa.float64()),
        *fields(precision_low=pa.float64(), precision_high=pa.float64()),
    ]
)
