"""Figure: a hundred generated pictures of shapes, each with its type, to check by eye."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.figures.shapes import framed

SIDE = 10


@style.theme()
def draw(pictures: np.ndarray, scores: pd.DataFrame) -> Figure:
    """The first hundred pictures, framed by type, with number, lowest match and type.

    Args:
        pictures: in [-1, 1]: [n, channels, s, s].
        scores: of the same pictures: `sample`, `label`, `match`.
    """
    figure = style.figure(style.PAGE, 8.6)
    cells = figure.subplots(SIDE, SIDE)
    for axes in cells.flat:
        axes.set_axis_off()
    for axes, picture, row in zip(cells.flat, pictures, scores.itertuples(), strict=False):
        axes.set_axis_on()
        framed(axes, picture, row.label)
        match = "" if np.isnan(row.match) else f": {row.match:.2f}"
        axes.set_title(f"{row.sample}{match}", fontsize=5.5, pad=1.5)
    shown = min(SIDE**2, len(pictures))
    valid = (scores["label"][:shown] == "valid").sum()
    figure.suptitle(
        f"first {shown} of {len(pictures):,} generated pictures, {valid} of them valid; "
        "sample: lowest match of its objects"
    )
    return figure
