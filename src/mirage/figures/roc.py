"""Figure: how well a detector tells hallucinations, by window."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mirage.detectors import OFFICIAL, Score
from mirage.figures import style

COLOURS = ("#332288", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7")
"""Of windows."""
MARKERS = ("o", "D", "^", "v", "P", "X")
"""Of detectors; hollow where they show the specificity."""
UNDEFINED = "Undefined: every sample is of one class."
BELOW = "outside lower center"
"""Legends stand under their panels: a poor detector's curve may be anywhere in them."""

GENERATION = ["seed", "filter", "generation"]
SCORE = list(Score._fields)
AUROC, SPECIFICITY = "auroc", "specificity_at_95_sensitivity"


@style.theme()
def draw(roc: pd.DataFrame, metrics: pd.DataFrame) -> Figure:
    """ROC curves, AUROC and specificity at 95 % sensitivity, by window and detector.

    Args:
        roc: table ROC.
        metrics: table METRICS; of its rows those of the same generations are shown.
    """
    rows = metrics[metrics["metric"].isin([AUROC, SPECIFICITY])]
    rows = rows.merge(roc[GENERATION].drop_duplicates(), on=GENERATION)
    scores = [Score(*names) for names in rows[SCORE].drop_duplicates().itertuples(index=False)]
    scores.sort(key=_order)
    detectors, windows = _parts(scores)
    down = math.ceil(math.sqrt(len(detectors) or 1))
    below = 0.15 * max(len(windows), 2 * len(detectors) + 1, 3)  # the longer legend
    figure = style.figure(style.PAGE, 2.6 if rows.empty else 2.3 + 0.75 * down + below)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.25))
    panels, sweep = _panels(left, len(detectors) or 1, down), right.subplots()
    sweep.set(
        xlabel="Window of reverse steps, counted from the end",
        ylabel="AUROC or specificity",
        ylim=(0, 1.04),
    )
    if rows.empty:
        style.say(panels[0], UNDEFINED.replace(": ", ":\n"))
        style.say(sweep, UNDEFINED)
        sweep.set_xticks([])
        return figure

    for axes, detector in zip(panels, detectors, strict=True):
        own = [score for score in scores if score.detector == detector]
        _curves(axes, roc, own, [_of(COLOURS, windows.index(score[1:])) for score in own])
        if len(detectors) > 1:
            axes.set_title(style.word(detector))
    fullest = max(panels, key=lambda axes: len(axes.get_legend_handles_labels()[1]))
    handles, names = fullest.get_legend_handles_labels()
    if len(detectors) == 1:
        aurocs = rows[rows["metric"] == AUROC]
        values = (aurocs.loc[score.rows(aurocs), "value"].mean() for score in scores)
        names = [f"{name}: {value:.3f}" for name, value in zip(names, values, strict=True)]
    left.legend(handles, names, title="AUROC" if len(detectors) == 1 else None, loc=BELOW)
    left.suptitle(f"n = {_count(rows, AUROC)} samples")
    _sweep(sweep, rows, scores)
    sweep.set_title(f"specificity from n = {_count(rows, SPECIFICITY)} valid samples")
    right.legend(*style.entries(sweep), loc=BELOW)
    return figure


def _panels(figure: SubFigure, number: int, down: int) -> list[Axes]:
    """A square panel for the curves of each detector, some of them one below the other."""
    panels = figure.subplots(down, math.ceil(number / down), squeeze=False).ravel()
    for axes in panels:
        axes.set(aspect="equal", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.set(xlabel="False positive rate", ylabel="True positive rate")
        axes.label_outer()
    for axes in panels[number:]:
        axes.remove()
    return list(panels[:number])


def _curves(axes: Axes, roc: pd.DataFrame, scores: list[Score], colours: list[str]) -> None:
    for score, colour in zip(scores, colours, strict=True):
        label: str | None = _words(score)
        for _, curve in roc[score.rows(roc)].groupby(GENERATION):
            axes.plot(
                curve["false_positive_rate"],
                curve["true_positive_rate"],
                color=colour,
                linestyle="--" if score == OFFICIAL else "-",
                label=label,
            )
            label = None
    axes.plot([0, 1], [0, 1], color=style.QUIET, linewidth=0.6, linestyle=":", zorder=1)


def _sweep(axes: Axes, rows: pd.DataFrame, scores: list[Score]) -> None:
    kinds = (
        (AUROC, "AUROC", style.INK, style.INK),
        (SPECIFICITY, "specificity at 95 % sensitivity", style.FILTER_COLOURS["hal"], "white"),
    )
    detectors, windows = _parts(scores)
    series = [(*kind, detector) for kind in kinds for detector in detectors]
    for place, (metric, label, colour, fill, detector) in enumerate(series):
        chosen = rows[(rows["metric"] == metric) & (rows["detector"] == detector)]
        at = [windows.index(window) for window in zip(chosen["first"], chosen["last"], strict=True)]
        axes.errorbar(
            np.array(at) + min(0.16, 0.8 / len(series)) * (place - (len(series) - 1) / 2),
            chosen["value"],
            yerr=style.interval(chosen),
            fmt=_of(MARKERS, detectors.index(detector)),
            markersize=3.5,
            markerfacecolor=fill,
            color=colour,
            capsize=2,
            label=label if len(detectors) == 1 else f"{label}, {style.word(detector)}",
        )
    axes.axhline(0.5, color=style.QUIET, linewidth=0.6, linestyle=":", label="AUROC of chance")
    if OFFICIAL in scores:
        place = windows.index(OFFICIAL[1:])
        axes.axvspan(
            place - 0.45, place + 0.45, color=style.QUIET, alpha=0.18, linewidth=0, zorder=0
        )
    words = [_words(Score("hal", *window)) for window in windows]
    ticks = ["\n".join(name.rsplit(" ", 1)) for name in words]
    axes.set_xticks(range(len(windows)), ticks)
    axes.set_xlim(-0.5, len(windows) - 0.5)


def _words(score: Score) -> str:
    words = style.window_words(score.first, score.last)
    return words + (" (official)" if score == OFFICIAL else "")


def _parts(scores: list[Score]) -> tuple[list[str], list[tuple[int, int]]]:
    """The detectors and the windows there are, in the order of `scores`."""
    detectors = dict.fromkeys(score.detector for score in scores)
    windows = dict.fromkeys((score.first, score.last) for score in scores)
    return list(detectors), list(windows)


def _order(score: Score) -> tuple[str, bool, int, int]:
    """Windows that reach the end come first, short before long."""
    return score.detector, score.first > 0, score.last, score.first


def _of(looks: Sequence[str], index: int) -> str:
    return looks[index % len(looks)]


def _count(rows: pd.DataFrame, metric: str) -> str:
    return style.span(rows.loc[rows["metric"] == metric, "n"])
