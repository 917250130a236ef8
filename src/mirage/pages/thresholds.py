"""What every threshold of a score does to all samples: counted once, part by part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirage.metrics.detection import ROC_POINTS, Ranking, finite

KINDS = ("valid", "hallucinated", "unlabelled")
STEPS = 200
"""Thresholds of a score, at most."""
DIGITS = 4
"""Significant ones, that what is shown is the very threshold."""


@dataclass(frozen=True)
class Cut:
    """One score: its thresholds, and how many samples of each kind reach them."""

    edges: np.ndarray
    """Rising thresholds: [k]."""
    between: dict[str, np.ndarray]
    """By kind, samples below the first threshold, between two, and from the last: [k + 1]."""
    ranking: Ranking | None
    """None where a class is absent."""

    def total(self, kind: str) -> int:
        """Samples of a kind."""
        return int(self.between[kind].sum())

    def flagged(self, kind: str) -> np.ndarray:
        """Samples of a kind whose score is at least each threshold: int [k]."""
        return self.between[kind][::-1].cumsum()[::-1][1:]

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """False and true positive rates of the ROC curve, thinned: [<= 400] each."""
        assert self.ranking, "asked where a class is absent"
        curve = self.ranking.curve()
        thin = np.unique(np.linspace(0, len(curve) - 1, ROC_POINTS).round().astype(int))
        rates = curve[["false_positive_rate", "true_positive_rate"]].to_numpy()[thin]
        return rates[:, 0], rates[:, 1]


def kinds(scores: pd.DataFrame) -> np.ndarray:
    """The kind of each sample, as a place in KINDS; all are unlabelled where no `label` is."""
    if "label" not in scores:
        return np.full(len(scores), 2)
    label = scores["label"]
    return np.where(label.isna(), 2, np.where(label == "valid", 0, 1))


def cut(parts: Iterable[pd.DataFrame], columns: Sequence[str]) -> dict[str, Cut]:
    """Count the samples above thresholds that span each score.

    Args:
        parts: of the scores, with the columns and, where anything is known, `label`. They are
            gone through three times.
        columns: of the scores.
    """
    edges = {name: thresholds(*_range(parts, name)) for name in columns}
    between = {
        name: {kind: np.zeros(len(edges[name]) + 1, np.int64) for kind in KINDS} for name in columns
    }
    hits: dict[str, list[np.ndarray]] = {name: [] for name in columns}
    for part in parts:
        kind = kinds(part)
        for name in columns:
            values = finite(part[name])
            place = np.searchsorted(edges[name], values, side="right")
            for number, word in enumerate(KINDS):
                count = np.bincount(place[kind == number], minlength=len(edges[name]) + 1)
                between[name][word] += count
            hits[name].append(values[kind == 1])
    rankings = {name: Ranking(np.concatenate(hits[name])) for name in columns}
    for part in parts:
        valid = kinds(part) == 0
        for name in columns:
            rankings[name].add(finite(part[name])[valid])
    return {
        name: Cut(edges[name], between[name], ranking if all(ranking.counts) else None)
        for name, ranking in rankings.items()
    }


def thresholds(low: float, high: float) -> np.ndarray:
    """Rising thresholds from low to high, in equal ratios where both are positive."""
    steps = np.geomspace(low, high, STEPS) if low > 0 else np.linspace(low, high, STEPS)
    return np.unique([float(f"{step:.{DIGITS}g}") for step in steps])


def _range(parts: Iterable[pd.DataFrame], name: str) -> tuple[float, float]:
    """The least and the largest finite score; where none is negative, the least above zero."""
    lows, highs, positive = [], [], []
    for part in parts:
        values = part[name].to_numpy(np.float64)
        values = values[np.isfinite(values)]
        if len(values):
            lows.append(values.min())
            highs.append(values.max())
            positive.append(values[values > 0].min(initial=np.inf))
    if not lows:
        return 0.0, 1.0
    low, high = min(lows), max(highs)
    return (min(positive), high) if low >= 0 and high > 0 else (low, high)
