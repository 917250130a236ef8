"""Figure: in which direction samples far from every mode lie, against chance and mirror image."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style

WORDS = {
    "towards_neighbours": "towards\nneighbours",
    "towards_second_neighbours": "towards second\nneighbours",
    "inwards": "inwards, against\noutwards",
}


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Shares of far samples by direction in generation 0, beside those without a direction.

    metrics: table METRICS of one experiment, of one or more seeds; bars are 95 % intervals
    over samples.
    """
    rows = metrics[(metrics["generation"] == 0) & metrics["metric"].isin(list(WORDS))]
    places = [name for name in WORDS if name in set(rows["metric"])]
    figure = style.figure(style.COLUMN, 2.7)
    axes = figure.subplots()
    seeds = sorted(rows["seed"].unique())
    for index, seed in enumerate(seeds):
        own = rows[rows["seed"] == seed]
        at = own["metric"].map(places.index) + 0.12 * (index - (len(seeds) - 1) / 2)
        first = index == 0
        axes.errorbar(
            at,
            100 * own["value"],
            yerr=style.interval(own, 100),
            fmt="o",
            color=style.HALLUCINATED,
            capsize=2,
            label=f"samples, {style.seeds(len(seeds))}" if first else None,
        )
        label = "without a direction" if first else ""
        axes.hlines(100 * own["floor"], at - 0.05, at + 0.05, color=style.INK, label=label)
    axes.set_xticks(range(len(places)), [WORDS[name] for name in places])
    axes.set_xlim(-0.6, len(places) - 0.4)
    axes.set_ylim(0, 105)
    axes.set_ylabel("Share of far samples (%)")
    axes.set_title(f"n = {style.span(rows['n'])} far samples")
    style.legend(figure, axes, columns=1)
    return figure
