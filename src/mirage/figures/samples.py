"""Figure: 2D samples over the modes they should lie in."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from mirage.figures import style

MARGIN = 0.12
"""Room around the modes, as a share of their extent."""

CROWD = 5_000
"""Samples of a label above which they are drawn smaller."""


@style.theme()
def draw(samples: pd.DataFrame, modes: pd.DataFrame, radius: float = 5.0) -> Figure:
    """2D samples by label over circles about the true modes; hallucinations on top.

    Args:
        samples: columns `x0`, `x1`, `label`.
        modes: table MODES.
        radius: of the circles, in standard deviations.
    """
    figure = style.figure(style.COLUMN, 4.1)
    axes = figure.subplots()
    draw_modes(axes, modes, radius)
    for label, colour in style.LABEL_COLOURS.items():
        rows = samples[samples["label"] == label]
        axes.scatter(
            rows["x0"],
            rows["x1"],
            s=0.6 if len(rows) > CROWD else 2.5,
            color=colour,
            linewidths=0,
            rasterized=True,
            zorder=1 + list(style.LABEL_COLOURS).index(label) / 10,
            label=f"{label}: {style.percent(len(rows) / len(samples))} ({len(rows):,})",
        )
    outside = _outside(axes, samples)
    beyond = f", {outside:,} outside the frame" if outside else ""
    axes.set_title(f"n = {len(samples):,} samples{beyond}")
    for handle in style.legend(figure, axes, columns=1).findobj(PathCollection):
        handle.set_sizes([12])
    return figure


def draw_modes(axes: Axes, modes: pd.DataFrame, radius: float) -> None:
    """Thin circles of `radius` standard deviations about the modes, which set the frame."""
    circles = [Circle(mean, radius * modes["std"].max()) for mean in _means(modes)]
    axes.add_collection(
        PatchCollection(circles, facecolor="none", edgecolor=style.INK, linewidth=0.4, zorder=3)
    )
    x, y = frame(modes, radius)
    axes.set(
        aspect="equal",
        xlim=x,
        ylim=y,
        xlabel="$x_0$ (data units)",
        ylabel="$x_1$ (data units)",
    )


def frame(modes: pd.DataFrame, radius: float) -> np.ndarray:
    """Limits of each coordinate that hold all modes, with room: [dim, 2].

    They come from the truth, since samples of a poor model may be anywhere.
    """
    means, reach = _means(modes), radius * modes["std"].max()
    low, high = means.min(0) - reach, means.max(0) + reach
    room = MARGIN * (high - low).max()
    return np.stack([low - room, high + room], 1)


def _means(modes: pd.DataFrame) -> np.ndarray:
    """[modes, dim]."""
    return modes.pivot(index="mode", columns="coordinate", values="mean").to_numpy()


def _outside(axes: Axes, samples: pd.DataFrame) -> int:
    inside = samples["x0"].between(*axes.get_xlim()) & samples["x1"].between(*axes.get_ylim())
    return int(np.count_nonzero(~inside))
