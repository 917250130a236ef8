"""Figure: a hundred pictures of lowest and of highest score, to be judged by eye."""

import numpy as np
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.figures.gallery import show

SIDE = 10
COUNT = SIDE**2
"""Pictures at either end."""


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
    figure = style.figure(style.PAGE, 2 * (0.66 * rows + 0.35))
    ends = np.split(np.asarray(scores), [len(lowest)])
    words = zip(("lowest", "highest"), (lowest, highest), ends, strict=True)
    for part, (end, pictures, of) in zip(figure.subfigures(2, 1), words, strict=True):
        part.suptitle(
            f"{len(pictures)} {end} of {n:,} generated pictures by {name}: "
            f"{of.min():.1e} to {of.max():.1e}"
        )
        cells = part.subplots(rows, SIDE, squeeze=False, gridspec_kw={"wspace": 0, "hspace": 0})
        for axes in cells.flat:
            axes.set_axis_off()
        for axes, picture in zip(cells.flat, pictures, strict=False):
            show(axes, picture)
    return figure
