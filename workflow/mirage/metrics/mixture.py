"""How far generated points are from the mixture they should follow.

Each number has the floor of a perfect sampler beside it: what n exact draws from
the mixture would show on average.
"""

import numpy as np
import pandas as pd
from scipy.stats import chi, chi2

from mirage.metrics.rows import Row, estimate, rate
from mirage.support import LABELS

THRESHOLDS = (3, 4, 5, 6)


def measure(
    scores: pd.DataFrame,
    modes: int,
    dim: int,
    radius: float,
    weights: np.ndarray | None = None,
) -> list[Row]:
    """All metrics of a generation of points.

    Args:
        scores: columns `mode`, `distance` (in standard deviations) and `label`.
        modes, dim: number of modes and of coordinates of the mixture.
        radius: of the support, in standard deviations.
        weights: of the modes; equal where none are given.
    """
    weights = np.full(modes, 1 / modes) if weights is None else weights
    return [
        *label_rates(scores, dim, radius),
        *tail_rates(scores, dim),
        *mode_metrics(scores, weights),
        within_mode_variance_ratio(scores, dim, radius),
    ]


def label_rates(scores: pd.DataFrame, dim: int, radius: float) -> list[Row]:
    """Shares of hallucinations, and of each kind, with Wilson intervals."""
    counts, n = scores["label"].value_counts(), len(scores)
    threshold, floor = f"{radius:g} std", float(chi.sf(radius, dim))
    hits = {f"{label}_rate": counts.get(label, 0) for label in LABELS[1:]}
    return [
        rate("hallucination_rate", sum(hits.values()), n, threshold, floor),
        *(rate(name, count, n, threshold) for name, count in hits.items()),
    ]


def tail_rates(scores: pd.DataFrame, dim: int) -> list[Row]:
    """Share of samples farther than k standard deviations from the nearest mode."""
    return [
        rate("beyond_rate", (scores["distance"] > k).sum(), len(scores), f"{k} std", chi.sf(k, dim))
        for k in THRESHOLDS
    ]


def mode_metrics(scores: pd.DataFrame, weights: np.ndarray) -> list[Row]:
    """Modes with a valid sample, and the total variation of the mode weights from the true.

    The floor of the total variation is its expectation for n exact draws, by the
    normal approximation; its error is that of the multinomial counts.
    """
    valid = scores.loc[scores["label"] == "valid", "mode"]
    counts = np.bincount(valid, minlength=len(weights))
    n = len(valid)
    covered = Row("modes_covered", float((counts > 0).sum()), n, floor=float(len(weights)))
    if n == 0:
        return [covered, Row("mode_weight_tv", np.nan, 0)]
    deviations = counts / n - weights
    variance = weights * (1 - weights) / n
    expected = np.sqrt(2 * variance / np.pi).sum() / 2
    # The absolute deviations are near half-normal and near independent.
    error = 0.5 * np.sqrt(variance.sum() * (1 - 2 / np.pi))
    tv = 0.5 * np.abs(deviations).sum()
    return [covered, estimate("mode_weight_tv", tv, error, n, floor=expected)]


def within_mode_variance_ratio(scores: pd.DataFrame, dim: int, radius: float) -> Row:
    """Variance of valid samples about their mode over the true one.

    Both are cut at the radius, so the floor is a little below 1.
    """
    squares = scores.loc[scores["label"] == "valid", "distance"].astype(float) ** 2 / dim
    floor = float(chi2.cdf(radius**2, dim + 2) / chi2.cdf(radius**2, dim))
    threshold = f"{radius:g} std"
    if len(squares) < 2:
        return Row("within_mode_variance_ratio", np.nan, len(squares), threshold, floor=floor)
    error = squares.std() / np.sqrt(len(squares))
    return estimate(
        "within_mode_variance_ratio",
        squares.mean(),
        error,
        len(squares),
        threshold,
        floor,
    )
