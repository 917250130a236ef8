"""What detectors say of each sample, and what is true of it."""

from collections.abc import Sequence

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

MIXTURE_SCORES = pa.schema(fields(mode=pa.int16(), distance=pa.float32(), label=pa.string()))
SHAPE_SCORES = pa.schema(
    fields(
        label=pa.string(),
        triangles=pa.int16(),
        squares=pa.int16(),
        pentagons=pa.int16(),
        unknown=pa.int16(),
        match=pa.float32(),
        contrast=pa.float32(),
        found=pa.list_(pa.string()),
        matches=pa.list_(pa.float32()),
        tops=pa.list_(pa.float32()),
        haze=pa.float32(),
        noise=pa.float32(),
    )
)


def scores_schema(detectors: Sequence[str], columns: Sequence[str], truth: pa.Schema) -> pa.Schema:
    """One row per sample: each detector at the default window, at all, and the truth."""
    numbers = {name: pa.float32() for name in (*detectors, *columns)}
    return pa.schema([*fields(sample=pa.int64(), **numbers), *truth])


def image_scores(features: int, classes: bool = True) -> pa.Schema:
    """What a network says of a picture: its class, where it knows any, and its features."""
    judged = fields(predicted_class=pa.int16(), confidence=pa.float32()) if classes else []
    seen = fields(nn_distance=pa.float32(), features=pa.list_(pa.float32(), features))
    return pa.schema([*judged, *seen])
