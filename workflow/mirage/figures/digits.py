"""Figure: the pictures that a detector finds least and most suspicious."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mirage.figures import style

COLUMNS = 10


@style.theme()
def draw(
    lowest: np.ndarray,
    highest: np.ndarray,
    lowest_hal: np.ndarray,
    highest_hal: np.ndarray,
    n: int,
    name: str = "Hal",
) -> Figure:
    """Generated pictures with the lowest and the highest scores, the score below each.

    Args:
        lowest, highest: pictures in [-1, 1]: [k, channels, s, s].
        lowest_hal, highest_hal: their scores: [k].
        n: how many pictures they were chosen from.
        name: of the score.
    """
    rows = [-(-len(pictures) // COLUMNS) for pictures in (lowest, highest)]
    figure = style.figure(style.PAGE, 0.76 * sum(rows) + 0.7)
    upper, lower = figure.subfigures(2, 1, height_ratios=rows)
    _panel(upper, lowest, lowest_hal, f"{len(lowest)} lowest of {n:,} pictures by {name}")
    _panel(lower, highest, highest_hal, f"{len(highest)} highest of {n:,} pictures by {name}")
    return figure


def show(axes: Axes, picture: np.ndarray) -> None:
    """Draw one picture [channels, s, s] in [-1, 1] without ticks; one channel is grey."""
    pixels = np.clip((np.moveaxis(picture, 0, -1) + 1) / 2, 0, 1)
    axes.imshow(pixels.squeeze(), cmap="gray", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _panel(part: SubFigure, pictures: np.ndarray, scores: np.ndarray, title: str) -> None:
    part.suptitle(title)
    cells = list(part.subplots(-(-len(pictures) // COLUMNS), COLUMNS, squeeze=False).flat)
    for axes, picture, score in zip(cells, pictures, scores, strict=False):
        show(axes, picture)
        axes.set_xlabel(f"{score:.1e}", fontsize=6, labelpad=2)
    for axes in cells[len(pictures) :]:
        axes.set_axis_off()
