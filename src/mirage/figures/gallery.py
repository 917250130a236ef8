"""Figure: real pictures, and the generated ones that a detector suspects least and most."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mirage.figures import style

COLUMNS = 10


@style.theme()
def draw(
    real: np.ndarray,
    lowest: np.ndarray,
    highest: np.ndarray,
    lowest_scores: Sequence[float],
    highest_scores: Sequence[float],
    n: int,
    name: str = "Hal",
) -> Figure:
    """Real pictures over generated ones with the lowest and the highest scores.

    A generated picture's score stands below it.

    Args:
        real, lowest, highest: pictures in [-1, 1]: [k, channels, s, s].
        lowest_scores, highest_scores: of the generated pictures: [k].
        n: how many generated pictures they were chosen from.
        name: of the score.
    """
    rows = [-(-len(pictures) // COLUMNS) for pictures in (real, lowest, highest)]
    figure = style.figure(style.PAGE, 0.76 * sum(rows) + 0.8)
    parts = figure.subfigures(3, 1, squeeze=False, height_ratios=rows)[:, 0]
    _panel(parts[0], real, None, "Real pictures, not chosen")
    words = f"of {n:,} generated pictures by {name}"
    _panel(parts[1], lowest, lowest_scores, f"{len(lowest)} lowest {words}")
    _panel(parts[2], highest, highest_scores, f"{len(highest)} highest {words}")
    return figure


def show(axes: Axes, picture: np.ndarray) -> None:
    """Draw one picture [channels, s, s] in [-1, 1] without ticks; one channel is grey."""
    pixels = np.clip((np.moveaxis(picture, 0, -1) + 1) / 2, 0, 1)
    axes.imshow(pixels.squeeze(), cmap="gray", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _panel(
    part: SubFigure, pictures: np.ndarray, scores: Sequence[float] | None, title: str
) -> None:
    part.suptitle(title)
    cells = list(part.subplots(-(-len(pictures) // COLUMNS), COLUMNS, squeeze=False).flat)
    for index, (axes, picture) in enumerate(zip(cells, pictures, strict=False)):
        show(axes, picture)
        if scores is not None:
            axes.set_xlabel(f"{scores[index]:.1e}", fontsize=6, labelpad=2)
    for axes in cells[len(pictures) :]:
        axes.set_axis_off()
