"""Figure: a hundred generated pictures of shapes, and wrong ones by type, to check by eye."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure, SubFigure

from mirage.figures import style
from mirage.figures.shapes import framed

SIDE = 10


@style.theme()
def draw(pictures: np.ndarray, scores: pd.DataFrame) -> Figure:
    """The first hundred pictures, and the first ten of each type, framed and named by it.

    Args:
        pictures: in [-1, 1]: [n, channels, s, s].
        scores: of the same pictures: `sample`, `label`, `match`.
    """
    labels = scores["label"].to_numpy()
    first = np.arange(min(SIDE**2, len(pictures)))
    wrong = [np.flatnonzero(labels == label)[:SIDE] for label in style.TYPE_COLOURS]
    wrong = [places for places in wrong[1:] if len(places)]  # without the valid ones
    heights = [SIDE, 1.15 * len(wrong)] if wrong else [SIDE]
    figure = style.figure(style.PAGE, 0.86 * sum(heights))
    above, *below = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    valid = (labels[first] == "valid").sum()
    above.suptitle(
        f"first {len(first)} of {len(pictures):,} generated pictures, {valid} of them valid; "
        "sample: lowest match of its objects"
    )
    _rows(
        above, [first[start : start + SIDE] for start in range(0, SIDE**2, SIDE)], pictures, scores
    )
    for part in below:
        part.suptitle(f"first {SIDE} of each type of wrong picture")
        _rows(part, wrong, pictures, scores)
    return figure


def _rows(
    part: SubFigure, rows: list[np.ndarray], pictures: np.ndarray, scores: pd.DataFrame
) -> None:
    for cells, places in zip(part.subplots(len(rows), SIDE, squeeze=False), rows, strict=True):
        for axes in cells[len(places) :]:
            axes.set_axis_off()
        for axes, place in zip(cells, places, strict=False):
            row = scores.iloc[place]
            framed(axes, pictures[place], row["label"])
            match = "" if np.isnan(row["match"]) else f": {row['match']:.2f}"
            axes.set_title(f"{row['sample']}{match}", fontsize=5.5, pad=1.5)
