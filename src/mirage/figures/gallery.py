"""Figure: real pictures, and the generated ones that a detector suspects least and most."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mirage.figures import style

COLUMNS = 10
REAL = "Real pictures, not chosen"


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

    A generated picture's score stands below it. Where there are no real pictures, there is no
    panel of them.

    Args:
        real, lowest, highest: pictures in [-1, 1]: [k, channels, s, s].
        lowest_scores, highest_scores: of the generated pictures: [k].
        n: how many generated pictures they were chosen from.
        name: of the score.
    """
    words = f"of {n:,} generated pictures by {name}"
    return _stacked(
        (real, None, REAL),
        (lowest, lowest_scores, f"{len(lowest)} lowest {words}"),
        (highest, highest_scores, f"{len(highest)} highest {words}"),
    )


@style.theme()
def draw_unranked(real: np.ndarray, generated: np.ndarray, n: int) -> Figure:
    """Real pictures over generated ones that nothing ranks.

    Args:
        real, generated: pictures in [-1, 1]: [k, channels, s, s].
        n: how many generated pictures there are.
    """
    words = f"The first {len(generated)} of {n:,} generated pictures, not chosen"
    return _stacked((real, None, REAL), (generated, None, words))


def _stacked(*panels: tuple[np.ndarray, Sequence[float] | None, str]) -> Figure:
    """Panels one below the other: pictures, their scores if they have some, and a title."""
    shown = [panel for panel in panels if len(panel[0])]
    rows = [-(-len(pictures) // COLUMNS) for pictures, _, _ in shown]
    figure = style.figure(style.PAGE, 0.76 * sum(rows) + 0.8)
    parts = figure.subfigures(len(shown), 1, squeeze=False, height_ratios=rows)[:, 0]
    for part, panel in zip(parts, shown, strict=True):
        _panel(part, *panel)
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
