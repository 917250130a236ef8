"""Figure: how a detector's score is spread over valid and hallucinated samples."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from mirage.detectors import Score
from mirage.figures import style

BINS = 60
SENSITIVITY = 0.95


@style.theme()
def draw(
    scores: Iterable[pd.DataFrame],
    column: str,
    name: str,
    thresholds: Mapping[str, float] | None = None,
) -> Figure:
    """Histogram of a detector's score on a log axis, one for each class of samples.

    Args:
        scores: parts of the score's column; with a `label`, all but `valid` is
            hallucinated. They are gone through twice.
        column: of the score.
        name: of the score, for the axis.
        thresholds: what to say of a threshold, and where it lies.
    """
    figure = style.figure(style.COLUMN, 2.9)
    axes = figure.subplots()
    low, high, n, left_out = _range(scores, column)
    note = f", {left_out:,} of them zero or undefined" if left_out else ""
    axes.set(xlabel=name, ylabel="Share of samples per bin (%)", title=f"n = {n:,} samples{note}")
    if left_out == n:
        style.say(axes, "No sample has a positive score.")
        return figure

    _histograms(axes, scores, column, np.geomspace(low, high * (1 + 1e-6), BINS + 1))
    for (words, threshold), dashes in zip((thresholds or {}).items(), ("--", ":"), strict=False):
        axes.axvline(
            threshold,
            color=style.INK,
            linewidth=0.9,
            linestyle=dashes,
            label=f"{words}: {threshold:.2g}",
        )
    axes.set(xscale="log")
    _label_few_decades(axes)
    axes.set_ylim(bottom=0)
    style.legend(figure, axes, columns=1)
    return figure


def _range(scores: Iterable[pd.DataFrame], column: str) -> tuple[float, float, int, int]:
    """Smallest and largest positive score, the samples, and those that have none."""
    low, high, n, left_out = np.inf, 0.0, 0, 0
    for part in scores:
        positive = _positive(part, column)[column]
        low, high = min(low, positive.min()), max(high, positive.max())
        n, left_out = n + len(part), left_out + len(part) - len(positive)
    return low, high, n, left_out


def _positive(part: pd.DataFrame, column: str) -> pd.DataFrame:
    return part[np.isfinite(part[column]) & (part[column] > 0)]


def _histograms(axes: Axes, scores: Iterable[pd.DataFrame], column: str, bins: np.ndarray) -> None:
    counts: dict[str, np.ndarray] = {}
    colours: dict[str, str] = {}
    for part in scores:
        for name, colour, rows in _classes(_positive(part, column)):
            counts[name] = counts.get(name, 0) + np.histogram(rows[column], bins)[0]
            colours[name] = colour
    for name, count in counts.items():
        n = count.sum()
        axes.stairs(
            100 * count / max(n, 1),
            bins,
            fill=True,
            facecolor=(colours[name], 0.45),
            edgecolor=colours[name],
            label=f"{name} (n = {n:,})",
        )


def _label_few_decades(axes: Axes) -> None:
    """Matplotlib would label every tick within a decade, one over the other."""
    low, high = axes.get_xlim()
    if high < 100 * low:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _classes(scores: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    colour = style.LABEL_COLOURS["valid"]
    if "label" not in scores:
        return [("generated samples", colour, scores)]
    valid = scores["label"] == "valid"
    return [
        ("valid", colour, scores[valid]),
        ("hallucinated", style.HALLUCINATED, scores[~valid]),
    ]


def thresholds_of(
    roc: pd.DataFrame | None, score: Score, configured: float | None
) -> dict[str, float]:
    """The thresholds worth a line: the filter's own, and that of 95 % sensitivity.

    Args:
        roc: table ROC, from which the second is read; None or empty for none.
        score: whose thresholds these are.
        configured: the filter's threshold (`recursion.thresholds`); None for none.
    """
    lines = {} if configured is None else {"filter's threshold": configured}
    if roc is not None:
        found = roc[score.rows(roc) & (roc["true_positive_rate"] >= SENSITIVITY)]
        if not found.empty:
            lines["95 % of hallucinations above"] = found["threshold"].max()
    return lines
