"""How large an effect is from model to model: one number a seed, on a scale that suits it.

Rates of models that differ in nothing but their seed scatter by factors, so that their
logarithms are near normal and Student's t over few seeds covers; of the rates themselves it
does not. What is estimated is the typical seed, a geometric mean for rates. Seeds stand along
the last axis; a seed whose number is NaN does not count.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit as log_odds
from scipy.stats import ttest_1samp

from mirage.metrics.verdicts import LEAST_SEEDS, Evidence


def log_rate(hits: ArrayLike, n: ArrayLike) -> np.ndarray:
    """Natural logarithm of a rate, with half a hit more so that none has a logarithm."""
    return np.log((np.asarray(hits) + 0.5) / (np.asarray(n) + 0.5))


def logit(hits: ArrayLike, n: ArrayLike) -> np.ndarray:
    """Logarithm of the odds of a share, with half a hit more on either side."""
    return log_odds((np.asarray(hits) + 0.5) / (np.asarray(n) + 1))


def above(values: ArrayLike, bound: float) -> Evidence:
    """Whether the mean over seeds is above a bound, by Student's t.

    NaN with fewer than three seeds that count, and where all are equal.
    """
    values = np.asarray(values, float)
    known = ~np.isnan(values)
    told = (known.sum(-1) >= LEAST_SEEDS) & (_spread(values) > 0)
    holds, fails = (
        np.where(told, _t(values, bound, alternative=side).pvalue, np.nan)[()]
        for side in ("greater", "less")
    )
    return Evidence(holds, fails)


def below(values: ArrayLike, bound: float) -> Evidence:
    """Whether the mean over seeds is below a bound, by Student's t."""
    other = above(values, bound)
    return Evidence(other.fails, other.holds)


def interval(values: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean over seeds with its 95 % interval, NaN with fewer than two seeds that count."""
    values = np.asarray(values, float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of no seed at all
        mean = np.nanmean(values, -1)
    ends = _t(values, 0.0).confidence_interval()
    return mean, ends.low, ends.high


def trend(
    levels: Sequence[float], hits: ArrayLike, looked: ArrayLike, n: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Rise of what has no mirror image along a factor, by seed, on two scales.

    Of the points looked at as many hits have none as there are more hits than others: tails and
    noise, however many, add as much to either. On the log scale seeds that differ by factors
    scatter evenly, but the logarithm of such a difference is the lower the more noise stands on
    it. On that of the rates it has no such bias: where they are equal at all levels, the second
    number is zero on average. A trend is seen by both.

    Args:
        levels: of the factor, positive: [L].
        hits: [..., L, seeds].
        looked: points of which they are: [..., L, seeds].
        n: samples: [..., L, seeds].

    Returns:
        Slopes of least squares per tenfold level, [..., seeds] each: of log10 of the rate, with
        half a hit more and none for less than none; of the rate over that of all points looked
        at at any level, with one more at each.
    """
    x = np.log10(np.asarray(levels, float))[:, None]
    x = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    hits, looked, n = (np.asarray(count, float) for count in (hits, looked, n))
    more = 2 * hits - looked
    slopes = (x * log_rate(np.maximum(more, 0), n)).sum(-2) / np.log(10)
    return slopes, (x * more / n).sum(-2) / ((looked + 1) / n).sum(-2)


def _spread(values: np.ndarray) -> np.ndarray:
    """Largest less smallest; 0 of no seed at all."""
    low, high = np.nan_to_num(values, nan=np.inf), np.nan_to_num(values, nan=-np.inf)
    return np.maximum(high.max(-1, initial=-np.inf) - low.min(-1, initial=np.inf), 0)


def _t(values: np.ndarray, bound: float, alternative: str = "two-sided"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of too few seeds and of no spread
        return ttest_1samp(values, bound, axis=-1, nan_policy="omit", alternative=alternative)
