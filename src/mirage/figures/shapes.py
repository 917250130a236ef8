"""Figure: true pictures of shapes beside generated ones, hallucinations framed and typed."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mirage.figures import style
from mirage.figures.gallery import show

COLUMNS, ROWS = 6, 6
"""Pictures shown on either side."""


@style.theme()
def draw(real: np.ndarray, generated: np.ndarray, scores: pd.DataFrame) -> Figure:
    """Training pictures at the left, generated ones at the right, both as they come.

    Args:
        real, generated: pictures in [-1, 1]: [n, channels, s, s].
        scores: of the generated ones, with `label`.
    """
    figure = style.figure(style.PAGE, 4.3)
    most = COLUMNS * ROWS
    left, right = figure.subfigures(1, 2, squeeze=False, wspace=0.04)[0]
    counts = scores["label"].value_counts()
    hallucinated = 1 - counts.get("valid", 0) / max(len(scores), 1)
    left.suptitle(f"training pictures, first {min(most, len(real))} of {len(real):,}")
    right.suptitle(
        f"generated, first {min(most, len(generated))} of {len(generated):,}, "
        f"of which {style.percent(hallucinated)} hallucinated"
    )
    _panel(left, real, ["valid"] * len(real))
    _panel(right, generated, scores["label"])
    return figure


def framed(axes: Axes, picture: np.ndarray, label: str) -> None:
    """Draw a picture; a hallucination gets a frame in the colour of its type, and its name."""
    show(axes, picture)
    if label != "valid":
        colour = style.TYPE_COLOURS[label]
        axes.spines[:].set(visible=True, color=colour, linewidth=1.5)
        axes.set_xlabel(style.word(label), color=colour, fontsize=5.5, labelpad=2)


def _panel(part: SubFigure, pictures: np.ndarray, labels: Iterable[str]) -> None:
    cells = list(part.subplots(ROWS, COLUMNS).flat)
    shown = min(len(pictures), len(cells))
    for axes, picture, label in zip(cells, pictures, labels, strict=False):
        framed(axes, picture, label)
    for axes in cells[shown:]:
        axes.set_axis_off()
