"""Figure: where samples lie, generation after generation."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.figures.rate_by_generation import SHARED
from mirage.figures.samples import frame

Points = Mapping[tuple[str, int], np.ndarray]

BINS_1D, BINS_2D = 150, 120


@style.theme()
def draw(points: Points, modes: pd.DataFrame, radius: float = 5.0) -> Figure:
    """Density of the samples of each generation, a row for each filter, on a log scale.

    Points in the plane are shown as 2D histograms, points on a line as histograms that
    lie over each other.

    Args:
        points: samples [n, 1] or [n, 2] by (filter, generation); the filter `shared`
            stands for generation 0, with which every row begins.
        modes: table MODES, for the frame.
        radius: of the support, in standard deviations, for the frame.
    """
    filters = list(style.filter_styles(name for name, _ in points if name != SHARED)) or [SHARED]
    limits = frame(modes, radius)
    bins = BINS_1D if len(limits) == 1 else BINS_2D
    edges = [np.linspace(low, high, bins + 1) for low, high in limits]
    figure = (_lines if len(edges) == 1 else _planes)(points, filters, edges)
    count = style.span(pd.Series([len(array) for array in points.values()]))
    outside = max(_share_outside(array, limits) for array in points.values())
    beyond = f", up to {style.percent(outside)} outside the frame" if outside else ""
    figure.suptitle(f"n = {count} samples per generation{beyond}")
    return figure


def _share_outside(array: np.ndarray, limits: np.ndarray) -> float:
    inside = (array >= limits[:, 0]) & (array <= limits[:, 1])
    return 1 - inside.all(1).mean()


def _planes(points: Points, filters: list[str], edges: Sequence[np.ndarray]) -> Figure:
    generations = sorted({generation for _, generation in points})
    rows, columns = len(filters), len(generations)
    side = min(1.7, (style.PAGE - 1.2) / columns)
    figure = style.figure(side * columns + 1.2, 0.92 * side * rows + 0.8)
    figure.set_layout_engine("compressed")  # panels keep their aspect
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    shares = {key: np.histogramdd(array, edges)[0] / len(array) for key, array in points.items()}
    one_sample = 1 / max(map(len, points.values()))
    norm = LogNorm(one_sample, max(10 * one_sample, *map(np.max, shares.values())))
    for row, name in zip(panels, filters, strict=True):
        for axes, generation in zip(row, generations, strict=True):
            axes.set_aspect("equal")
            _plane(axes, _of(shares, name, generation), edges, norm)
    _name_panels(panels, filters, generations)
    colours = ScalarMappable(norm, style.SEQUENCE.reversed())
    bar = figure.colorbar(colours, ax=panels, shrink=0.8, label="Share of samples per cell")
    bar.outline.set_visible(False)
    return figure


def _plane(
    axes: Axes, shares: np.ndarray | None, edges: Sequence[np.ndarray], norm: LogNorm
) -> None:
    if shares is None:
        axes.set_axis_off()
        return
    empty_as_blank = np.ma.masked_equal(shares.T, 0)
    colours = style.SEQUENCE.reversed()
    axes.pcolormesh(*edges, empty_as_blank, norm=norm, cmap=colours, rasterized=True)


def _name_panels(panels: np.ndarray, filters: list[str], generations: list[int]) -> None:
    for axes, generation in zip(panels[0], generations, strict=True):
        axes.set_title(f"generation {generation}")
    for axes in panels[-1]:
        axes.set_xlabel("$x_0$")
    for row, name in zip(panels, filters, strict=True):
        words = "" if name == SHARED else f"{style.line_words(name)}\n"
        row[0].set_ylabel(f"{words}$x_1$")


def _lines(points: Points, filters: list[str], edges: Sequence[np.ndarray]) -> Figure:
    generations = sorted({generation for _, generation in points})
    figure = style.figure(style.PAGE, 1.3 * len(filters) + 1)
    panels = figure.subplots(len(filters), 1, squeeze=False, sharex=True, sharey=True)[:, 0]
    (bins,) = edges
    for axes, name in zip(panels, filters, strict=True):
        for generation, colour in zip(generations, _shades(len(generations)), strict=True):
            array = _of(points, name, generation)
            if array is not None:
                density = np.histogram(array[:, 0], bins)[0] / len(array) / np.diff(bins)
                axes.stairs(
                    density, bins, color=colour, linewidth=0.9, label=f"generation {generation}"
                )
        axes.set(yscale="log", xlim=bins[[0, -1]])
        if name != SHARED:
            axes.set_title(style.line_words(name), loc="left")
    figure.supylabel("Density (per data unit)")
    panels[-1].set_xlabel("Sample $x$ (data units)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    return figure


def _of(points: Points, name: str, generation: int) -> np.ndarray | None:
    if generation == 0:
        return points.get((SHARED, 0), points.get((name, 0)))
    return points.get((name, generation))


def _shades(count: int) -> np.ndarray:
    """Light to dark: later generations stand out."""
    return style.SEQUENCE.reversed()(np.linspace(0, 1, count))
