"""Figure: what two factors do together, each at every level of the other."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import levels, style

SHARES = {
    "hallucination_rate": "Beyond the threshold (%)",
    "endpoint_rate": "On bridges (%)",
}
APART = 0.12
"""Of the way between two levels: how far lines stand apart, so that their bars are seen."""


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Shares of samples less the true score's own, by the first factor, a line for each level
    of the second; a row of panels for each pair of factors.

    metrics: table SWEEP of one experiment, of one or more seeds. Bars are 95 % intervals: of a
    difference of two shares where there is one seed, else over seeds (Student's t).
    """
    both = metrics[metrics["second_factor"].notna()]
    both = both[~(both["metric"] == "endpoint_rate") | (both["label"] == "bridge")]
    pairs = list(dict.fromkeys(zip(both["factor"], both["second_factor"], strict=True)))
    figure = style.figure(style.PAGE, 0.5 + 2.5 * len(pairs))
    panels = figure.subplots(len(pairs), len(SHARES), squeeze=False)
    for line, (first, second) in zip(panels, pairs, strict=True):
        rows = both[(both["factor"] == first) & (both["second_factor"] == second)]
        for axes, (metric, words) in zip(line, SHARES.items(), strict=True):
            _panel(axes, rows[rows["metric"] == metric])
            axes.set(xlabel=levels.words(first), ylabel=f"{words},\nless the true score's")
        line[-1].legend(
            *style.entries(line[0]),
            title=levels.words(second),
            loc="center left",
            bbox_to_anchor=(1.02, 0.5),
        )
    rates = both[both["metric"] == "hallucination_rate"]
    seeds = style.seeds(both["seed"].nunique())
    figure.suptitle(
        f"{style.threshold_words(rates)}; n = {style.span(rates['n'])} samples a point, {seeds}"
    )
    return figure


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    if rows.empty:
        style.say(axes, "Not measured.")
        return
    order, lines = levels.ordered(rows), levels.ordered(rows, "second_level")
    drawn = []
    looks = zip(lines, levels.COLOURS, levels.MARKERS, strict=False)
    for index, (level, colour, marker) in enumerate(looks):
        cell = rows[rows["second_level"] == level]
        mean = levels.over_seeds(cell, ["level"], "excess")
        mean = mean.set_index(mean["level"].map(order.index)).sort_index()
        at = mean.index + APART * (index - (len(lines) - 1) / 2)
        levels.points(axes, at, mean, 100, color=colour, marker=marker, label=level)
        drawn.append(mean)
    axes.axhline(0, color=style.QUIET, linewidth=0.7, linestyle=":")
    levels.share_axis(axes, 100 * pd.concat(drawn)[["value", "low", "high"]])
    levels.ticks(axes, order)
