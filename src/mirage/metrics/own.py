"""Metrics by their names in the registry, and rows that a user's own code gives."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from mirage.metrics.rows import Row
from mirage.registry import METRICS, Registry


def measure(names: Sequence[str], samples: np.ndarray, scores: pd.DataFrame) -> list[Row]:
    """What registered metrics say of a generation.

    Args:
        names: of the metrics. Each is called with the samples and the scores.
        samples: float32 [n, *shape].
        scores: of the samples, in the same order.

    Raises:
        RegistryError: naming the metric, if it gives neither a number nor rows.
    """
    return [
        row
        for name in names
        for row in rows_of(METRICS, name, METRICS[name](samples, scores), len(scores))
    ]


def rows_of(registry: Registry, name: str, found: Any, n: int) -> list[Row]:
    """What something registered gave, as rows: a number of n samples, a row, or rows.

    Raises:
        RegistryError: if it is none of them.
    """
    if isinstance(found, Real):
        return [Row(name, float(found), n)]
    rows = [found] if isinstance(found, Row) else found
    if not isinstance(rows, Sequence) or not all(isinstance(row, Row) for row in rows):
        allowed = "a number, a Row, or a list of Rows"
        raise registry.fault(name, f"gave {found!r:.60}; allowed: {allowed}")
    return list(rows)
