"""Which pictures are shown to the U-Net's bottleneck, and the group each belongs to."""

import numpy as np
import pandas as pd

from mirage.datasets.shapes import SimpleShapes
from mirage.metrics.between import Line

SQUARES = Line("one square high", "one square low", "two squares", "no square")
"""Of pictures of shapes: two squares are no true picture, and the others are."""


def choose_generated(scores: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first generated pictures. Their groups are predicted classes, else one: `generated`.

    Args:
        scores: column `sample`, and `predicted_class` where there are classes.
        count: how many, where there are as many.

    Returns:
        Columns `sample` and `group`, in the order drawn.
    """
    chosen = scores.head(count)
    known = "predicted_class" in scores
    group = chosen["predicted_class"].astype(str) if known else "generated"
    return chosen[["sample"]].assign(group=group)


def choose_real(data: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first real pictures. Their groups are their classes, else one: `real`.

    Args:
        data: column `sample`, and `label` where there are classes.
        count: how many, where there are as many.

    Returns:
        Columns `sample` and `group`.
    """
    chosen = data.head(count)
    group = chosen["label"].astype(str) if "label" in data else "real"
    return chosen[["sample"]].assign(group=group)


def choose_by_squares(counted: pd.DataFrame, truth: SimpleShapes, count: int) -> pd.DataFrame:
    """The first pictures of shapes of each group of SQUARES; all others are left out.

    A picture with one square is valid, and its square begins in the upper or the lower half
    of the rows where squares begin; one without is valid too. Two squares are a picture's only
    fault: it has at most one of each other shape, and nothing that is no shape. Where the two
    stand is not asked.

    Args:
        counted: column `sample`, and those of `mirage.labels.shapes.label_pictures`.
        truth: the distribution of true pictures.
        count: how many at most; a quarter of it for each group, as none may fill another's place.

    Returns:
        Columns `sample` and `group`, in the order given; no row for a group without pictures.
    """
    middle = next(sum(shape.top) / 2 for shape in truth.shapes if shape.name == "square")
    valid = counted["label"] == "valid"
    one, none = valid & (counted["squares"] == 1), valid & (counted["squares"] == 0)
    single = counted[["triangles", "pentagons"]].max(axis=1) <= 1
    two = (counted["squares"] == 2) & single & (counted["unknown"] == 0)
    high = one & (_first_square(counted) < middle)
    names = [SQUARES.start, SQUARES.between, SQUARES.end, SQUARES.without]
    group = np.select([high, two, one, none], names, "")
    chosen = counted[["sample"]].assign(group=group)[group != ""]
    return chosen.groupby("group").head(count // len(SQUARES.groups))


def _first_square(counted: pd.DataFrame) -> pd.Series:
    """The row where the first square listed begins; NaN where there is none."""
    tops = [
        next((top for name, top in zip(*lists, strict=True) if name == "square"), np.nan)
        for lists in zip(counted["found"], counted["tops"], strict=True)
    ]
    return pd.Series(tops, counted.index, dtype=float)
