"""Figure: the quality of generated pictures along a training."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style

SHARES = {"precision": "#0072B2", "recall": "#E69F00", "coverage": "#009E73"}
WANTED = 10.0
"""Floors of the Frechet distance at which pictures are called good."""


@style.theme()
def draw(quality: pd.DataFrame) -> Figure:
    """Frechet distance over its floor, and precision, recall and coverage, by updates.

    quality: table FOLLOWED_QUALITY of one training. Bars are 95 % intervals.
    """
    figure = style.figure(style.PAGE, 2.9)
    distance, shares = figure.subplots(1, 2)
    over = quality[quality["metric"] == "fid_over_floor"]
    _bars(distance, over, style.FILTER_COLOURS["hal"], "generated")
    distance.axhline(1, color=style.INK, linewidth=0.8, linestyle="--", label="held-out real")
    distance.axhline(WANTED, color=style.QUIET, linewidth=0.8, linestyle=":")
    distance.set(yscale="log", ylabel=f"FID ({' and '.join(over['network'].unique())}) over floor")
    distance.set_title(reached(over))
    for metric, colour in SHARES.items():
        rows = quality[quality["metric"] == metric]
        _bars(shares, rows, colour, metric)
        shares.axhline(rows["floor"].mean(), color=colour, linewidth=0.8, linestyle="--")
    shares.set(ylim=(0, 1.02), ylabel="Share")
    shares.legend(*style.entries(shares))
    for axes in (distance, shares):
        axes.set_xlabel("Updates")
    words = f"n = {style.span(over['n'])} pictures after each, the same noise, 1 seed"
    figure.suptitle(f"{words}; dashed: as many held-out real pictures")
    return figure


def reached(over: pd.DataFrame) -> str:
    """From which update on the distance is at most ten times its floor, interval and all.

    over: rows of `fid_over_floor`.
    """
    last = over.loc[over["update"].idxmax()]
    if not last["high"] <= WANTED:
        return f"after {last['update']:,} updates {last['value']:.1f} times the floor"
    above = over.loc[over["high"] > WANTED, "update"]
    first = over.loc[~(over["update"] <= above.max()), "update"].min()
    return f"at most {WANTED:g} times the floor from {first:,} updates on"


def _bars(axes: Axes, rows: pd.DataFrame, colour: str, label: str) -> None:
    axes.errorbar(
        rows["update"],
        rows["value"],
        yerr=style.interval(rows),
        color=colour,
        marker="o",
        capsize=2,
        elinewidth=0.7,
        label=label,
    )
