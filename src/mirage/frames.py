"""Samples as columns of a frame, and back.

Points have one float32 column per coordinate (`x0`, `x1`); pictures are one column `x` of
flat lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def coordinates(shape: Sequence[int], name: str = "x") -> list[str]:
    """Column names of the coordinates of a point."""
    return [f"{name}{index}" for index in range(shape[0])]


def to_array(table: pd.DataFrame, shape: Sequence[int], name: str = "x") -> np.ndarray:
    """The samples of a table: float32 [n, *shape]."""
    if len(shape) == 1:
        return table[coordinates(shape, name)].to_numpy(np.float32, copy=True)
    return stack(table[name]).reshape(len(table), *shape)


def from_array(array: np.ndarray, name: str = "x") -> dict:
    """Columns for samples [n, *shape]; the inverse of `to_array`."""
    if array.ndim == 2:
        return dict(zip(coordinates(array.shape[1:], name), array.T, strict=True))
    lists = list(array.reshape(len(array), math.prod(array.shape[1:])))
    return {name: lists or np.empty(0, object)}  # an empty list would be of numbers


def stack(lists: Iterable[np.ndarray]) -> np.ndarray:
    """A column of fixed-size lists as one array: float32 [n, size]."""
    return np.array(list(lists), dtype=np.float32)
