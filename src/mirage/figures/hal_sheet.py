"""Figure: a hundred pictures of lowest and of highest score, to be judged by eye."""

import numpy as np
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.figures.gallery import show

SIDE = 10
COUNT = SIDE**2
"""Pictures at either end."""
GAP = 2
"""White pixels between them."""


@style.theme()
def draw(
    lowest: np.ndarray, highest: np.ndarray, scores: np.ndarray, n: int, name: str = "Hal"
) -> Figure:
    """Two sheets, each in the order of its scores from the lowest, row by row.

    Args:
        lowest, highest: pictures in [-1, 1], sorted by score: [k, channels, s, s].
        scores: of all of them, the lowest first: [2 k].
        n: how many generated pictures they were chosen from.
        name: of the score.
    """
    rows = -(-len(lowest) // SIDE)
    figure = style.figure(style.PAGE, 2 * (style.PAGE / SIDE * rows + 0.25))
    ends = np.split(np.asarray(scores), [len(lowest)])
    panels = figure.subplots(2, 1)
    for axes, end, pictures, of in zip(
        panels, ("lowest", "highest"), (lowest, highest), ends, strict=True
    ):
        show(axes, sheet(pictures))
        axes.set_title(
            f"{len(pictures)} {end} of {n:,} generated pictures by {name}: "
            f"{of.min():.1e} to {of.max():.1e}"
        )
    return figure


def sheet(pictures: np.ndarray) -> np.ndarray:
    """Pictures row by row as one, ten to a row, with white between: [channels, h, w]."""
    count, channels, height, width = pictures.shape
    rows = -(-count // SIDE)
    cells = np.ones((rows * SIDE, channels, height + GAP, width + GAP), np.float32)
    cells[:count, :, :height, :width] = pictures
    grid = cells.reshape(rows, SIDE, *cells.shape[1:]).transpose(2, 0, 3, 1, 4)
    return grid.reshape(channels, rows * (height + GAP), -1)[:, :-GAP, :-GAP]
