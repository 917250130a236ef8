"""Figure: the density of 1D samples of small models, one panel a level of a factor."""

from collections.abc import Sequence
from itertools import pairwise
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.metrics.endpoint import QUARTER

Modes = Sequence[tuple[str, str, list[list[float]], float]]


@style.theme()
def draw(histograms: pd.DataFrame, modes: Modes) -> Figure:
    """1D samples as histograms on a log scale over the true density: a row a factor.

    Args:
        histograms: table MARGINALS of one experiment, of one or more seeds, which are pooled.
        modes: (factor, level, means of the modes, their std) of each panel.
    """
    along = histograms[(histograms["coordinate"] == 0) & histograms["second_factor"].isna()]
    rows: dict[str, list] = {}
    for factor, level, means, _ in modes:
        panel = along[(along["factor"] == factor) & (along["level"] == level)]
        rows.setdefault(factor, []).append((level, _pooled(panel), np.ravel(means)))
    columns = max(map(len, rows.values()))
    figure = style.figure(style.PAGE, 0.9 + 1.3 * len(rows))
    panels = figure.subplots(len(rows), columns, squeeze=False, sharey=True)
    bins = pd.concat(panel for levels in rows.values() for _, panel, _ in levels)
    one = _one_sample(bins)
    bottom = one.min() / 2
    top = max(bins["true_density"].max(), (bins["count"] * one).max())
    panels[0, 0].set(yscale="log", ylim=(bottom, 3 * top))
    for line, (factor, levels) in zip(panels, rows.items(), strict=True):
        # Numbers by size, then words in the order given.
        levels.sort(key=lambda of: np.nan_to_num(of[1]["level_number"].iloc[0], nan=np.inf))
        line[0].set_ylabel(fill(factor.replace("_", " "), 16) + "\nDensity")
        for axes, (level, panel, means) in zip(line, levels, strict=False):
            _panel(axes, panel, means, bottom)
            axes.set_title(level)
        for axes in line[len(levels) :]:
            axes.set_visible(False)
    panels[-1, 0].set_xlabel("Sample $x$ (data units)")
    seeds = style.seeds(histograms["seed"].nunique())
    figure.suptitle(
        f"n = {style.span(bins['n'])} samples a panel, {seeds}; "
        f"one sample in a bin is a density of {one.min():.2g}"
    )
    handles, labels = panels[0, 0].get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    figure.legend(named.values(), named, loc="outside lower center", ncols=4)
    return figure


def _pooled(panel: pd.DataFrame) -> pd.DataFrame:
    """The counts of all seeds together, bin by bin."""
    by = panel.groupby(["left", "right"], as_index=False)
    told = {"true_density": "first", "level_number": "first"}
    return by.agg({"count": "sum", "n": "sum"} | told)


def _one_sample(bins: pd.DataFrame) -> pd.Series:
    """The density of one sample in a bin."""
    return 1 / (bins["n"] * (bins["right"] - bins["left"]))


def _panel(axes: Axes, bins: pd.DataFrame, means: np.ndarray, bottom: float) -> None:
    edges = np.append(bins["left"], bins["right"].iloc[-1])
    one = _one_sample(bins).min()
    means = np.sort(means)
    for left, right in pairwise(means):
        ends = left + QUARTER * (right - left), right - QUARTER * (right - left)
        axes.axvspan(*ends, color="0.93", linewidth=0, label="middle half between modes")
    axes.stairs(
        bins["count"] * one,
        edges,
        baseline=bottom,
        fill=True,
        color=style.LABEL_COLOURS["valid"],
        label="samples",
    )
    axes.plot(
        (bins["left"] + bins["right"]) / 2,
        bins["true_density"].where(bins["true_density"] >= bottom),
        color=style.INK,
        linewidth=0.9,
        label="true density",
    )
    axes.axhline(one, color=style.QUIET, linewidth=0.7, linestyle=":", label="one sample in a bin")
    axes.set(xlim=(edges[0], edges[-1]), xticks=means)
