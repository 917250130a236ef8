"""Figure: what a detector tells of wrong combinations beyond the number of objects."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style

PANELS = {
    "objects_gain": ("Gain over the number\nof objects (nats a picture)", "brightness_gain"),
    "within_auroc": ("AUROC among pictures\nwith equally many objects", "brightness_auroc"),
    "within_kept": ("Valid pictures kept at 95 %\nfound, equally many objects", "brightness_kept"),
    "kinds_auroc": ("AUROC among pictures\nwith equally many kinds", None),
}
CHANCE = {"within_auroc": 0.5, "within_kept": 0.05, "kinds_auroc": 0.5}


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Generation 0, by detector and window: gain, AUROCs and kept share, mean over seeds.

    metrics: table METRICS of one experiment, of one or more seeds. Dots are seeds, the level
    marks their means; dashed: total brightness.
    """
    shown = metrics[metrics["generation"] == 0]
    figure = style.figure(style.PAGE, 5.6)
    panels = figure.subplots(2, 2, sharex=True).ravel()
    windows = shown.loc[shown["metric"] == "objects_gain", ["first", "last"]].drop_duplicates()
    windows = list(windows.itertuples(index=False, name=None))
    for axes, (metric, (words, baseline)) in zip(panels, PANELS.items(), strict=True):
        rows = shown[shown["metric"] == metric]
        _series(axes, rows, windows)
        level = CHANCE.get(metric, rows["floor"].mean())
        if np.isfinite(level):
            axes.axhline(level, color=style.QUIET, linewidth=0.8, linestyle=":", label="chance")
        brightness = shown.loc[shown["metric"] == baseline, "value"]
        if brightness.notna().any():
            axes.axhline(brightness.mean(), color=style.INK, linestyle="--", label="brightness")
        axes.set_ylabel(words)
        axes.set_xticks(
            range(len(windows)), [f"{first:g}-{last:g}" for first, last in windows], rotation=90
        )
        if rows["value"].isna().all():
            style.say(axes, "too few")
    for axes in panels[2:]:
        axes.set_xlabel("Window of reverse steps, from the end")
    figure.suptitle(_title(shown))
    figure.legend(*style.entries(panels[1]), loc="outside lower center", ncols=4)
    return figure


def _series(axes: Axes, rows: pd.DataFrame, windows: Sequence[tuple[int, int]]) -> None:
    detectors = list(rows["detector"].drop_duplicates())
    colours = ("#0072B2", "#E69F00", "#009E73", *style.OTHER_COLOURS)
    for place, detector in enumerate(detectors):
        own = rows[rows["detector"] == detector]
        at = [
            own[(own["first"] == first) & (own["last"] == last)]["value"] for first, last in windows
        ]
        x = np.arange(len(windows)) + 0.16 * (place - (len(detectors) - 1) / 2)
        colour = colours[place % len(colours)]
        for where, values in zip(x, at, strict=True):
            axes.plot([where] * len(values), values, ".", color=colour, markersize=3)
        means = [values.mean() for values in at]
        axes.plot(x, means, "_", color=colour, markersize=8, label=style.word(detector))


def _title(shown: pd.DataFrame) -> str:
    """How many pictures, and how well their number of objects tells alone."""
    alone = shown[shown["metric"] == "objects_auroc"]
    told = shown.loc[shown["metric"] == "within_auroc", "n"]
    hits = style.span(told) if len(told) else "0"
    return (
        f"{style.seeds(alone['seed'].nunique())}, n = {style.span(alone['n'])} pictures; AUROC of "
        f"the number of objects alone: {alone['value'].mean():.3f}\n"
        f"equally many: n = {hits} wrong pictures of numbers that 100 or more have"
    )
