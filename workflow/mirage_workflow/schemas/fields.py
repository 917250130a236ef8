"""What columns are made of."""

import json
import math
from collections.abc import Sequence

import pyarrow as pa

from mirage.frames import coordinates

SHAPE_KEY = b"mirage.shape"
SCORE_KEY = b"mirage.score"
"""In a field's metadata: whose score a column holds, and over which window."""
NULLABLE = {b"mirage.null": b"where it does not apply"}
"""Metadata of a field of whole numbers that may be null."""


def fields(**types: pa.DataType) -> list[pa.Field]:
    """Columns by name and type."""
    return [pa.field(name, kind) for name, kind in types.items()]


MEASURED = fields(
    experiment=pa.string(), seed=pa.int64(), filter=pa.string(), generation=pa.int16()
)
REPLICATE = fields(experiment=pa.string(), seed=pa.int64())
OVER_SEEDS = fields(value=pa.float64(), low=pa.float64(), high=pa.float64(), seeds=pa.int64())


def points(shape: Sequence[int], name: str = "x") -> list[pa.Field]:
    """The columns of samples of a shape: x0, x1, ... for points, one list for pictures."""
    if len(shape) == 1:
        return fields(**{column: pa.float32() for column in coordinates(shape, name)})
    return [pa.field(name, pa.list_(pa.float32(), math.prod(shape)), metadata=_shape(shape))]


def _shape(shape: Sequence[int]) -> dict[bytes, bytes]:
    return {SHAPE_KEY: json.dumps(list(shape)).encode()}
