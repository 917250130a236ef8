"""Figure: how well a detector tells hallucinations, by window."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.detectors import OFFICIAL, Score
from mirage.figures import style

COLOURS = ("#332288", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7")
"""Of windows."""
DASHES, FILLS = ("-", ":", "-."), ("full", "none", "left")
"""Of detectors: their curves, and their markers."""
UNDEFINED = "Undefined: every sample is of one class."
BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.29), "borderaxespad": 0}
"""Legends stand under their panels: a poor detector's curve may be anywhere in it."""

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
    below = 0.15 * max(len(scores), 3)  # the legend: of curves, or of the panel beside
    figure = style.figure(style.PAGE, 2.6 if rows.empty else 3.05 + below)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    left.set(
        xlabel="False positive rate\n(valid samples flagged)",
        ylabel="True positive rate\n(hallucinations found)",
        aspect="equal",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
    )
    right.set(
        xlabel="Window of reverse steps, counted from the end",
        ylabel="AUROC or specificity",
        ylim=(0, 1.04),
    )
    if rows.empty:
        style.say(left, UNDEFINED.replace(": ", ":\n"))
        style.say(right, UNDEFINED)
        right.set_xticks([])
        return figure

    _curves(left, roc, rows, scores)
    _sweep(right, rows, scores)
    left.set_title(f"n = {_count(rows, AUROC)} samples")
    right.set_title(f"specificity from n = {_count(rows, SPECIFICITY)} valid samples")
    return figure


def _curves(axes: Axes, roc: pd.DataFrame, rows: pd.DataFrame, scores: list[Score]) -> None:
    aurocs = rows[rows["metric"] == AUROC]
    detectors, windows = _parts(scores)
    for score in scores:
        prefix = f"{style.word(score.detector)}, " if len(detectors) > 1 else ""
        auroc = aurocs.loc[score.rows(aurocs), "value"].mean()
        label: str | None = f"{prefix}{_words(score)}: {auroc:.3f}"
        curves = roc[score.rows(roc)].groupby(GENERATION)
        for _, curve in curves:
            axes.plot(
                curve["false_positive_rate"],
                curve["true_positive_rate"],
                color=_of(COLOURS, windows.index(score[1:])),
                linestyle="--" if score == OFFICIAL else _of(DASHES, detectors.index(score[0])),
                label=label,
            )
            label = None
    axes.plot([0, 1], [0, 1], color=style.QUIET, linewidth=0.6, linestyle=":", zorder=1)
    axes.legend(title="AUROC", **BELOW)


def _sweep(axes: Axes, rows: pd.DataFrame, scores: list[Score]) -> None:
    kinds = (
        (AUROC, "AUROC", "o", style.INK),
        (SPECIFICITY, "specificity at 95 % sensitivity", "s", style.FILTER_COLOURS["hal"]),
    )
    detectors, windows = _parts(scores)
    series = [(*kind, detector) for kind in kinds for detector in detectors]
    for place, (metric, label, marker, colour, detector) in enumerate(series):
        chosen = rows[(rows["metric"] == metric) & (rows["detector"] == detector)]
        at = [windows.index(window) for window in zip(chosen["first"], chosen["last"], strict=True)]
        axes.errorbar(
            np.array(at) + 0.16 * (place - (len(series) - 1) / 2),
            chosen["value"],
            yerr=style.interval(chosen),
            fmt=marker,
            fillstyle=_of(FILLS, detectors.index(detector)),
            markersize=3,
            color=colour,
            capsize=2,
            label=label if len(detectors) == 1 else f"{label}, {style.word(detector)}",
        )
    axes.axhline(0.5, color=style.QUIET, linewidth=0.6, linestyle=":", label="AUROC of chance")
    if OFFICIAL in scores:
        place = windows.index(OFFICIAL[1:])
        axes.axvspan(place - 0.4, place + 0.4, color=style.QUIET, alpha=0.18, linewidth=0, zorder=0)
    words = [_words(Score("hal", *window)) for window in windows]
    ticks = ["\n".join(name.rsplit(" ", 1)) for name in words]
    axes.set_xticks(range(len(windows)), ticks)
    axes.set_xlim(-0.5, len(windows) - 0.5)
    handles, labels = style.entries(axes)
    axes.legend(handles, labels, **BELOW)


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
