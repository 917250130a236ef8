"""Figure: what drives the hallucination rate, one factor at a time."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style

COLUMNS = 4
BASE = "base"
RATE = "hallucination_rate"


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Hallucination rate by level, one panel a factor; the base of all is a dotted line.

    metrics: table SWEEP of one experiment, of one or more seeds. Bars are 95 % intervals
    over samples where there is one seed; else points are seeds and the line is their mean.
    """
    rates = metrics[metrics["metric"] == RATE]
    factors = [name for name in dict.fromkeys(rates["factor"]) if name != BASE]
    columns = min(max(len(factors), 1), COLUMNS)
    lines = -(-max(len(factors), 1) // columns)
    figure = style.figure(style.PAGE, 0.7 + 1.75 * lines)
    panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
    base = rates[rates["factor"] == BASE]
    for axes, factor in zip(panels.flat, factors, strict=False):
        _panel(axes, rates[rates["factor"] == factor])
        axes.axhline(100 * base["value"].mean(), color=style.QUIET, linewidth=0.7, linestyle=":")
        axes.set_xlabel(factor.replace("_", " "))
    for axes in panels.flat[len(factors) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("Hallucinated (%)")
    seeds = style.seeds(rates["seed"].nunique())
    figure.suptitle(
        f"{style.threshold_words(rates)}; n = {style.span(rates['n'])} samples a point, {seeds}; "
        f"perfect sampler: {style.percent(rates['floor'].mean())}"
    )
    return figure


def _panel(axes: Axes, rates: pd.DataFrame) -> None:
    # Numbers by size, then words in the order given.
    levels = list(rates.sort_values("level_number", kind="stable")["level"].unique())
    at = rates["level"].map(levels.index)
    if rates["seed"].nunique() == 1:
        bars = style.interval(rates, 100)
        axes.errorbar(
            at, 100 * rates["value"], yerr=bars, fmt="o", color=style.HALLUCINATED, capsize=2
        )
    else:
        axes.plot(at, 100 * rates["value"], "o", markersize=2.5, color=style.HALLUCINATED)
        mean = rates.groupby(at)["value"].mean()
        axes.plot(mean.index, 100 * mean, color=style.HALLUCINATED)
    # A rate of zero must be seen too: linear below a hundredth of a percent.
    axes.set_yscale("symlog", linthresh=0.01)
    axes.set_ylim(0, 150)
    axes.set_xticks(range(len(levels)), levels)
    if max(map(len, levels)) > 4:
        axes.tick_params(axis="x", labelrotation=25)
    axes.set_xlim(-0.4, len(levels) - 0.6)
