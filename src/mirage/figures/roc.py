"""Figure: how well a detector tells hallucinations, by window."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style

OFFICIAL = "hal_0_9"
"""The window of the official code of Aithal et al. (2024)."""

COLOURS = ("#332288", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7")
"""Of windows."""
DASHES, FILLS = ("-", ":", "-."), ("full", "none", "left")
"""Of detectors: their curves, and their markers."""
UNDEFINED = "Undefined: every sample is of one class."
BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.29), "borderaxespad": 0}
"""Legends stand under their panels: a poor detector's curve may be anywhere in it."""

GENERATION = ["seed", "filter", "generation"]
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
    scores = sorted(rows["parameter"].unique(), key=_order)
    below = 0.15 * max(len(scores) - 5, 0)  # more curves need a taller legend
    figure = style.figure(style.PAGE, 2.6 if rows.empty else 3.8 + below)
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


def _curves(axes: Axes, roc: pd.DataFrame, rows: pd.DataFrame, scores: list[str]) -> None:
    aurocs = rows[rows["metric"] == AUROC].groupby("parameter")["value"].mean()
    detectors, windows = _parts(scores)
    for score in scores:
        detector, window = _split(score)
        prefix = f"{style.word(detector)}, " if len(detectors) > 1 else ""
        label = f"{prefix}{_words(score)}: {aurocs[score]:.3f}"
        curves = roc[roc["score"] == score].groupby(GENERATION)
        for _, curve in curves:
            axes.plot(
                curve["false_positive_rate"],
                curve["true_positive_rate"],
                color=_of(COLOURS, windows.index(window)),
                linestyle=_of(DASHES, detectors.index(detector)) if score != OFFICIAL else "--",
                label=label,
            )
            label = None
    axes.plot([0, 1], [0, 1], color=style.QUIET, linewidth=0.6, linestyle=":", zorder=1)
    axes.legend(title="AUROC", **BELOW)


def _sweep(axes: Axes, rows: pd.DataFrame, scores: list[str]) -> None:
    kinds = (
        (AUROC, "AUROC", "o", style.INK),
        (SPECIFICITY, "specificity at 95 % sensitivity", "s", style.FILTER_COLOURS["hal"]),
    )
    detectors, windows = _parts(scores)
    series = [(*kind, detector) for kind in kinds for detector in detectors]
    for place, (metric, label, marker, colour, detector) in enumerate(series):
        chosen = rows[
            (rows["metric"] == metric) & (rows["parameter"].map(_split).str[0] == detector)
        ]
        at = chosen["parameter"].map(_split).str[1].map(windows.index)
        axes.errorbar(
            at + 0.16 * (place - (len(series) - 1) / 2),
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
        at = windows.index(_split(OFFICIAL)[1])
        axes.axvspan(at - 0.4, at + 0.4, color=style.QUIET, alpha=0.18, linewidth=0, zorder=0)
    ticks = ["\n".join(_words(f"hal_{window}").rsplit(" ", 1)) for window in windows]
    axes.set_xticks(range(len(windows)), ticks)
    axes.set_xlim(-0.5, len(windows) - 0.5)
    axes.legend(*style.entries(axes), **BELOW)


def _words(score: str) -> str:
    return style.window_words(score) + (" (official)" if score == OFFICIAL else "")


def _split(score: str) -> tuple[str, str]:
    """Detector and window of a score column: `hal_0_4` is `hal` and `0_4`."""
    detector, first, last = score.rsplit("_", 2)
    return detector, f"{first}_{last}"


def _parts(scores: list[str]) -> tuple[list[str], list[str]]:
    """The detectors and the windows there are, in the order of `scores`."""
    detectors, windows = (dict.fromkeys(part) for part in zip(*map(_split, scores), strict=True))
    return list(detectors), list(windows)


def _order(score: str) -> tuple[str, bool, int, int]:
    """Windows that reach the end come first, short before long."""
    detector, first, last = score.rsplit("_", 2)
    return detector, int(first) > 0, int(last), int(first)


def _of(looks: Sequence[str], index: int) -> str:
    return looks[index % len(looks)]


def _count(rows: pd.DataFrame, metric: str) -> str:
    return style.span(rows.loc[rows["metric"] == metric, "n"])
