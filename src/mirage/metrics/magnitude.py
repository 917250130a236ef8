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
    levels: Sequence[float],
    hits: np.ndarray,
    floors: np.ndarray,
    n: np.ndarray,
    seen: np.ndarray,
) -> np.ndarray:
    """Rise of what is above the floor along a factor: log10 rate per tenfold level, by seed.

    Only levels at which there is something count: of the others the logarithm would be that
    of noise, and where the floor itself changes along the factor, as that of bridges does
    with distance, a trend of the floor.

    Args:
        levels: of the factor, positive: [L].
        hits: [..., L, seeds].
        floors: hits expected of the floor: [..., L, seeds].
        n: samples: [..., L, seeds].
        seen: levels whose hits are known, over all seeds, to be more than the floor: [..., L].

    Returns:
        Slopes of least squares: [..., seeds]; NaN with fewer than two levels that count.
    """
    weight = np.asarray(seen, float)[..., None]  # [..., L, 1]
    rates = log_rate(np.maximum(np.asarray(hits) - floors, 0), n) / np.log(10)
    x = np.log10(np.asarray(levels, float))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = x - (weight * x).sum(-2, keepdims=True) / weight.sum(-2, keepdims=True)
        slopes = (weight * x * rates).sum(-2) / (weight * x**2).sum(-2)
    return np.where(weight.sum(-2) >= 2, slopes, np.nan)


def _spread(values: np.ndarray) -> np.ndarray:
    """Largest less smallest; 0 of no seed at all."""
    low, high = np.nan_to_num(values, nan=np.inf), np.nan_to_num(values, nan=-np.inf)
    return np.maximum(high.max(-1, initial=-np.inf) - low.min(-1, initial=np.inf), 0)


def _t(values: np.ndarray, bound: float, alternative: str = "two-sided"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of too few seeds and of no spread
        return ttest_1samp(values, bound, axis=-1, nan_policy="omit", alternative=alternative)
