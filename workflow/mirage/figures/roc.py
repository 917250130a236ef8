"""Figure: how well a detector tells hallucinations, by window."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style

OFFICIAL = "hal_0_9"
"""The window of the official code of Aithal et al. (2024)."""

COLOURS = ("#332288", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7")
UNDEFINED = "Undefined: every sample is of one class."
BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.29), "borderaxespad": 0}
"""Legends stand under their panels: a poor detector's curve may be anywhere in it."""

GENERATION = ["seed", "filter", "generation"]
AUROC, SPECIFICITY = "auroc", "specificity_at_95_sensitivity"


@style.theme()
def draw(roc: pd.DataFrame, metrics: pd.DataFrame) -> Figure:
    """ROC curves by window; AUROC and specificity at 95 % sensitivity by window.

    Args:
        roc: table ROC.
        metrics: table METRICS; of its rows those of the same generations are shown.
    """
    rows = metrics[metrics["metric"].isin([AUROC, SPECIFICITY])]
    rows = rows.merge(roc[GENERATION].drop_duplicates(), on=GENERATION)
    figure = style.figure(style.PAGE, 2.6 if rows.empty else 3.8)
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

    scores = sorted(rows["parameter"].unique(), key=_window)
    _curves(left, roc, rows, scores)
    _sweep(right, rows, scores)
    left.set_title(f"n = {_count(rows, AUROC)} samples")
    right.set_title(f"specificity from n = {_count(rows, SPECIFICITY)} valid samples")
    return figure


def _curves(axes: Axes, roc: pd.DataFrame, rows: pd.DataFrame, scores: list[str]) -> None:
    aurocs = rows[rows["metric"] == AUROC].groupby("parameter")["value"].mean()
    for score, colour in zip(scores, _colours(scores), strict=True):
        label = f"{_words(score, scores)}: {aurocs[score]:.3f}"
        curves = roc[roc["score"] == score].groupby(GENERATION)
        for _, curve in curves:
            axes.plot(
                curve["false_positive_rate"],
                curve["true_positive_rate"],
                color=colour,
                linestyle="-" if score != OFFICIAL else "--",
                label=label,
            )
            label = None
    axes.plot([0, 1], [0, 1], color=style.QUIET, linewidth=0.6, linestyle=":", zorder=1)
    axes.legend(title="AUROC", **BELOW)


def _sweep(axes: Axes, rows: pd.DataFrame, scores: list[str]) -> None:
    kinds = (
        (AUROC, "AUROC", "o", style.INK, -0.08),
        (SPECIFICITY, "specificity at 95 % sensitivity", "s", style.FILTER_COLOURS["hal"], 0.08),
    )
    for metric, label, marker, colour, offset in kinds:
        chosen = rows[rows["metric"] == metric]
        axes.errorbar(
            chosen["parameter"].map(scores.index) + offset,
            chosen["value"],
            yerr=style.interval(chosen),
            fmt=marker,
            markersize=3,
            color=colour,
            capsize=2,
            label=label,
        )
    axes.axhline(0.5, color=style.QUIET, linewidth=0.6, linestyle=":", label="AUROC of chance")
    if OFFICIAL in scores:
        at = scores.index(OFFICIAL)
        axes.axvspan(at - 0.4, at + 0.4, color=style.QUIET, alpha=0.18, linewidth=0, zorder=0)
    ticks = ["\n".join(_words(score, scores).rsplit(" ", 1)) for score in scores]
    axes.set_xticks(range(len(scores)), ticks)
    axes.set_xlim(-0.5, len(scores) - 0.5)
    axes.legend(*style.entries(axes), **BELOW)


def _words(score: str, scores: list[str]) -> str:
    detectors = {name.rsplit("_", 2)[0] for name in scores}
    prefix = f"{style.word(score.rsplit('_', 2)[0])}, " if len(detectors) > 1 else ""
    official = " (official)" if score == OFFICIAL else ""
    return f"{prefix}{style.window_words(score)}{official}"


def _window(score: str) -> tuple[str, bool, int, int]:
    """Windows that reach the end come first, short before long."""
    detector, first, last = score.rsplit("_", 2)
    return detector, int(first) > 0, int(last), int(first)


def _colours(scores: list[str]) -> list[str]:
    return [COLOURS[index % len(COLOURS)] for index in range(len(scores))]


def _count(rows: pd.DataFrame, metric: str) -> str:
    return style.span(rows.loc[rows["metric"] == metric, "n"])
