"""The columns that say what a number is taken at."""

import json

import pyarrow as pa

from mirage.detectors import Score
from mirage.metrics.names import AT, SCORE
from mirage_workflow.schemas.fields import NULLABLE, SCORE_KEY

_KINDS = {"str": pa.string(), "float64": pa.float64(), "Int16": pa.int16()}
AT_FIELDS = [
    pa.field(name, _KINDS[kind], metadata=NULLABLE if kind == "Int16" else None)
    for name, kind in AT.items()
]
SCORE_FIELDS = [field for field in AT_FIELDS if field.name in SCORE]


def score_field(name: str, score: Score) -> pa.Field:
    """A column of a detector's scores, which says in its metadata whose."""
    return pa.field(name, pa.float32(), metadata={SCORE_KEY: json.dumps(score._asdict())})
