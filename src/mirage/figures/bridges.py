"""Figure: where hallucinated samples lie, against chance."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style

WORDS = {
    "nearest": "between nearest\nneighbours",
    "diagonal": "on diagonals",
    "elsewhere": "elsewhere",
}


@style.theme()
def draw(bridges: pd.DataFrame) -> Figure:
    """Share of hallucinated samples by place, beside that of uniform points.

    bridges: table BRIDGES of one experiment, of one or more seeds; bars are 95 % intervals
    over samples.
    """
    figure = style.figure(style.COLUMN, 2.7)
    axes = figure.subplots()
    seeds = sorted(bridges["seed"].unique())
    places = list(WORDS)
    for index, seed in enumerate(seeds):
        rows = bridges[bridges["seed"] == seed]
        dodge = 0.12 * (index - (len(seeds) - 1) / 2)
        axes.errorbar(
            rows["place"].map(places.index) + dodge,
            100 * rows["value"],
            yerr=style.interval(rows, 100),
            fmt="o",
            color=style.HALLUCINATED,
            capsize=2,
            label=f"samples, {style.seeds(len(seeds))}" if index == 0 else None,
        )
    chance = bridges.groupby("place")["chance"].mean()[places]
    at = np.arange(len(places))
    label = "uniform outside the modes"
    axes.hlines(100 * chance, at - 0.3, at + 0.3, color=style.INK, label=label)
    axes.set_xticks(range(len(places)), list(WORDS.values()))
    axes.set_xlim(-0.6, len(places) - 0.4)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("Share of hallucinations (%)")
    axes.set_title(f"n = {style.span(bridges['n'])} hallucinated samples a seed")
    style.legend(figure, axes, columns=1)
    return figure
