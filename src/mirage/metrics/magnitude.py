"""How large an effect is from model to model: one number a seed, on a scale that suits it.

Rates of models that differ in nothing but their seed scatter by factors, so that their
logarithms are near normal and Student's t over few seeds covers; of the rates themselves it
does not. What is estimated is the typical seed, a geometric mean for rates.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import logit as log_odds
from scipy.stats import ttest_1samp

from mirage.metrics.verdicts import LEAST_SEEDS, Evidence, all_of


def log_rate(hits: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Natural logarithm of a rate, with half a hit more so that none has a logarithm."""
    return np.log((np.asarray(hits) + 0.5) / (np.asarray(n) + 0.5))


def logit(hits: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Logarithm of the odds of a share, with half a hit more on either side."""
    return log_odds((np.asarray(hits) + 0.5) / (np.asarray(n) + 1))


def above(values: Sequence[float], bound: float) -> Evidence:
    """Whether the mean over seeds is above a bound, by Student's t; NaN values do not count."""
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if len(values) < LEAST_SEEDS or np.ptp(values) == 0:
        return Evidence(np.nan, np.nan)
    holds, fails = (ttest_1samp(values, bound, alternative=k).pvalue for k in ("greater", "less"))
    return Evidence(float(holds), float(fails))


def below(values: Sequence[float], bound: float) -> Evidence:
    """Whether the mean over seeds is below a bound, by Student's t; NaN values do not count."""
    other = above(values, bound)
    return Evidence(other.fails, other.holds)


def within(values: Sequence[float], bound: float) -> Evidence:
    """Whether the mean over seeds is within a bound of zero, on both sides."""
    return all_of(above(values, -bound), below(values, bound))


def trend(
    levels: Sequence[float],
    hits: np.ndarray,
    floors: np.ndarray,
    n: np.ndarray,
    seen: Sequence[bool],
) -> np.ndarray:
    """Rise of what is above the floor along a factor: log10 rate per tenfold level, by seed.

    Only levels at which there is something count: of the others the logarithm would be that
    of noise, and where the floor itself changes along the factor, as that of bridges does
    with distance, a trend of the floor.

    Args:
        levels: of the factor, positive: [L].
        hits: [L, seeds].
        floors: hits expected of the floor: [L, seeds].
        n: samples: [L, seeds].
        seen: levels whose hits are known, over all seeds, to be more than the floor: [L].

    Returns:
        Slopes: [seeds]; NaN with fewer than two levels that count.
    """
    seen = np.asarray(seen, bool)
    excess = np.maximum(np.asarray(hits) - floors, 0)
    if seen.sum() < 2:
        return np.full(excess.shape[1], np.nan)
    rates = log_rate(excess, n)[seen] / np.log(10)
    return np.polyfit(np.log10(np.asarray(levels, float)[seen]), rates, 1)[0]
