"""What detectors say of each sample, and what is true of it."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from mirage.detectors import Score
from mirage_workflow.schemas.at import score_field
from mirage_workflow.schemas.fields import fields

ENDPOINT = fields(angle=pa.float32(), segment=pa.int16(), endpoint=pa.string())
"""Where samples of a mixture ended, as `mirage.metrics.endpoint.label` tells."""


def scores_schema(default: Sequence[Score], every: Sequence[Score], truth: pa.Schema) -> pa.Schema:
    """One row per sample: each detector over the default window, over all, and the truth."""
    own = [score_field(score.detector, score) for score in default]
    over = [score_field(score.column, score) for score in every]
    return pa.schema([*fields(sample=pa.int64()), *own, *over, *truth])


def truth_schema(columns: Mapping[str, str]) -> pa.Schema:
    """What a dataset says of a sample: its `label_columns`, by the names of their types."""
    return pa.schema(fields(**{name: _type(kind) for name, kind in columns.items()}))


def _type(name: str) -> pa.DataType:
    items = name.removesuffix("[]")
    return pa.type_for_alias(name) if items == name else pa.list_(_type(items))


def image_scores(features: int, classes: bool = True) -> pa.Schema:
    """What a network says of a picture: its class, where it knows any, and its features."""
    judged = fields(predicted_class=pa.int16(), confidence=pa.float32()) if classes else []
    seen = fields(nn_distance=pa.float32(), features=pa.list_(pa.float32(), features))
    return pa.schema([*judged, *seen])
