"""Figure: what drives the hallucination rate, one factor at a time."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import levels, style

COLUMNS = 4
BASE = "base"
RATE = "hallucination_rate"
SHOWN = {
    "beyond": ("beyond the threshold", {"color": style.HALLUCINATED, "marker": "o"}),
    "bridge": ("on bridges", {"color": style.FILTER_COLOURS["hal"], "marker": "D"}),
}
TRUE = {"color": style.QUIET, "marker": "o", "markerfacecolor": "white", "linestyle": "none"}


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Shares of samples by level, one panel a factor; the base of all is a dotted line.

    metrics: table SWEEP of one experiment, of one or more seeds. Bars are 95 % intervals
    over samples where there is one seed; else small points are seeds and the line is their mean.
    """
    metrics = levels.alone(metrics)
    rates = metrics[metrics["metric"] == RATE]
    on = metrics[(metrics["metric"] == "endpoint_rate") & (metrics["label"] == "bridge")]
    factors = [name for name in dict.fromkeys(rates["factor"]) if name != BASE]
    columns = min(max(len(factors), 1), COLUMNS)
    lines = -(-max(len(factors), 1) // columns)
    figure = style.figure(style.PAGE, 1.0 + 1.75 * lines)
    panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
    base = rates[rates["factor"] == BASE]
    for axes, factor in zip(panels.flat, factors, strict=False):
        for name, rows in (("beyond", rates), ("bridge", on)):
            _line(axes, rows[rows["factor"] == factor], *SHOWN[name])
        _truth(axes, rates[rates["factor"] == factor])
        axes.axhline(100 * base["value"].mean(), color=style.QUIET, linewidth=0.7, linestyle=":")
        levels.percent_axis(axes)
        levels.ticks(axes, levels.ordered(rates[rates["factor"] == factor]))
        axes.set_xlabel(levels.words(factor))
    for axes in panels.flat[len(factors) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("Samples (%)")
    style.legend(figure, panels.flat[0], columns=3)
    seeds = style.seeds(rates["seed"].nunique())
    figure.suptitle(
        f"{style.threshold_words(rates)}; n = {style.span(rates['n'])} samples a point, {seeds}; "
        f"perfect sampler: {style.percent(rates['floor'].mean())}"
    )
    return figure


def _line(axes: Axes, rows: pd.DataFrame, label: str, look: dict[str, str]) -> None:
    if rows.empty:
        return
    order = levels.ordered(rows)
    mean = levels.over_seeds(rows, ["level"])
    at = mean["level"].map(order.index)
    if rows["seed"].nunique() == 1:
        levels.points(axes, at, mean, 100, linestyle="none", label=label, **look)
        return
    axes.plot(
        rows["level"].map(order.index), 100 * rows["value"], linestyle="none", markersize=2, **look
    )
    mean = mean.set_index(at).sort_index()
    axes.plot(mean.index, 100 * mean["value"], color=look["color"], label=label)


def _truth(axes: Axes, rows: pd.DataFrame) -> None:
    """What the true score shows, drawn in the same way."""
    mean = rows.groupby("level", sort=False)["true_value"].mean()
    at = mean.index.map(levels.ordered(rows).index)
    axes.plot(at, 100 * mean, label="true score, beyond the threshold", clip_on=False, **TRUE)
