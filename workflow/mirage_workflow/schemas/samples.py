"""Real and generated samples, and those that a filter kept."""

from collections.abc import Sequence

import pyarrow as pa

from mirage.detectors import Score
from mirage_workflow.schemas.at import score_field
from mirage_workflow.schemas.fields import fields, points


def data_schema(shape: Sequence[int], labelled: bool = True) -> pa.Schema:
    """Real samples; `label` is the mode or the class each was drawn from, where known."""
    label = fields(label=pa.int16()) if labelled else []
    return pa.schema([*fields(sample=pa.int64()), *points(shape), *label])


def kept_schema(shape: Sequence[int]) -> pa.Schema:
    """What a filter kept for the next generation."""
    return pa.schema([*fields(sample=pa.int64()), *points(shape)])


def samples_schema(shape: Sequence[int], scores: Sequence[Score]) -> pa.Schema:
    """Generated samples with the detectors' scores over each window."""
    return pa.schema([*kept_schema(shape), *(score_field(score.column, score) for score in scores)])
