"""Whether something exists: counts pooled over seeds, against a floor or against chance, exactly.

True of these seeds' models. How large it is differs from model to model: see `magnitude`.
Counts are arrays with the seeds along the last axis, and whatever else before it.

One seed may have gone wrong, and must decide nothing: p is the largest of those of the counts
pooled over all seeds but one, whichever it is.
"""

from collections.abc import Callable
from math import inf

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, gamma, poisson

from mirage.metrics.verdicts import ALPHA, LEAST_SEEDS, Evidence, all_of

POWER = 0.95
TIMES = 1.1
"""Of the hits of random directions: the tails of neighbours, if heavy, meet between them, and add
up to 2 % there with no interpolation at all."""
FINDS = 0.9
"""Share of hallucinations that a threshold at 95 % must be known to find at least."""
MOST = 10**9
"""Hits that samples are planned for."""


def more_than_floor(hits: ArrayLike, floors: ArrayLike, wanted: ArrayLike) -> Evidence:
    """Whether there are more hits than a floor explains.

    For: the Poisson probability of so many hits at the floor. Against: of so few at the
    wanted number.

    Args:
        hits: of each seed.
        floors: hits expected of the floor, of each seed; of a floor that is itself
            estimated, its upper end.
        wanted: hits of all seeds together at the effect that is wanted, as many of each.
    """
    hits, floors = _counts(hits, floors)
    total, floor = _but_one(hits, floors)
    share = np.asarray(wanted, float)[..., None] * (1 - 1 / hits.shape[-1])
    return _agreed(hits > floors, poisson.sf(total - 1, floor), poisson.cdf(total, share))


def no_more_than_floor(hits: ArrayLike, floors: ArrayLike, margin: float) -> Evidence:
    """Whether hits are within a multiple of the floor.

    For: the Poisson probability of so few hits at the margin. Against: of so many. No seed may
    be beyond the margin by itself: those below it would make up for one.

    Args:
        hits: of each seed.
        floors: hits expected of the floor, of each seed.
        margin: of the floor, above 1.
    """
    hits, bounds = _counts(hits, margin * np.asarray(floors, float))
    total, bound = _but_one(hits, bounds)
    found = _agreed(hits < bounds, poisson.cdf(total, bound), poisson.sf(total - 1, bound))
    return _none_beyond(found, poisson.sf(hits - 1, bounds))


def same_as_floor(hits: ArrayLike, floors: ArrayLike, margin: float) -> Evidence:
    """Whether hits are the floor's, to a factor on either side (two one-sided tests)."""
    hits, floors = _counts(hits, floors)
    above = more_than_floor(hits, floors / margin, floors.sum(-1) / margin)
    above = _none_beyond(above, poisson.cdf(hits, floors / margin))
    return all_of(no_more_than_floor(hits, floors, margin), above)


def more_than_other(
    hits: ArrayLike, n: ArrayLike, other_hits: ArrayLike, other_n: ArrayLike
) -> Evidence:
    """Whether one rate is above another, of which either may rest on few samples.

    By which share of all hits are on its side, given how many there are (Przyborowski and
    Wilenski 1940). Against: that so few are.

    Args:
        hits, n: of each seed; what should have the higher rate.
        other_hits, other_n: what it is compared with.
    """
    hits, n, others, other_n = _counts(hits, n, other_hits, other_n)
    total, both, of, of_both = _but_one(hits, hits + others, n, n + other_n)
    share = of / of_both
    return _agreed(
        hits / n > others / other_n, binom.sf(total - 1, both, share), binom.cdf(total, both, share)
    )


def more_than_chance(
    hits: ArrayLike, n: ArrayLike, expected: ArrayLike, times: float = TIMES
) -> Evidence:
    """Whether there are clearly more hits than random directions give.

    For: the probability that random directions give as many, were theirs `times` as many.
    Against: that they give as few. Points differ in their chance; a binomial with the mean
    of their chances has longer tails than their sum (Hoeffding 1956), so that these are upper
    bounds.

    Args:
        hits, n: of each seed, and of how many points.
        expected: hits by chance, of each seed.
        times: of them.
    """
    hits, n, expected = _counts(hits, n, expected)
    total, of, by_chance = _but_one(hits, n, expected)
    chance = by_chance / np.maximum(of, 1)
    return _agreed(
        hits > expected,
        binom.sf(total - 1, of, np.minimum(times * chance, 1)),
        binom.cdf(total, of, chance),
    )


def more_than_mirror(hits: ArrayLike, n: ArrayLike) -> Evidence:
    """Whether clearly more lies inwards than its mirror image outwards, by the same rules.

    That no more does is evidence of nothing: tails and noise may hide the bridges.
    """
    hits, n = _counts(hits, n)
    found = more_than_chance(hits, n, n / 2)
    return Evidence(found.holds, np.where(np.isnan(found.fails), np.nan, 1.0)[()])


def finds(found: ArrayLike, hallucinated: ArrayLike) -> Evidence:
    """Whether thresholds find more than nine in ten of hallucinations that they do not rest on.

    That they do not is a matter of the threshold, and no evidence against what it keeps.
    """
    found, hallucinated = _counts(found, hallucinated)
    evidence = more_than_chance(found, hallucinated, FINDS * hallucinated, times=1)
    return Evidence(evidence.holds, np.where(np.isnan(evidence.fails), np.nan, 1.0)[()])


def fewer_than_chance(hits: ArrayLike, n: ArrayLike, expected: ArrayLike) -> Evidence:
    """Whether there are fewer hits than random directions give, by the same rules."""
    hits, n, expected = _counts(hits, n, expected)
    total, of, by_chance = _but_one(hits, n, expected)
    chance = by_chance / np.maximum(of, 1)
    return _agreed(hits < expected, binom.cdf(total, of, chance), binom.sf(total - 1, of, chance))


def samples_to_find(floor: float, rate: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Samples, of all seeds together, that show with this power a rate to be above a floor.

    The fewest for which some number of hits c is as rare as alpha at the floor and as common
    as the power at the rate; n at which a Poisson count reaches c follows a gamma
    distribution, so both are its quantiles. Infinite for a rate that is not above the floor.

    Args:
        floor, rate: per sample.
        alpha: after adjustment for the family, so alpha over its size to be safe.
        power: wanted.
    """
    hits = _fewest(lambda c: gamma.ppf(power, c) * floor <= gamma.ppf(alpha, c) * rate)
    return float(np.ceil(gamma.ppf(power, hits) / rate)) if hits < inf else inf


def samples_to_bound(
    floor: float, margin: float, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Samples, of all seeds together, that show with this power the floor to be within a margin.

    Args:
        floor: per sample, and the true rate.
        margin: of the floor, above 1.
        alpha, power: as in `samples_to_find`.
    """
    # So many are no longer within the margin.
    hits = _fewest(lambda c: gamma.ppf(1 - alpha, c) <= margin * gamma.ppf(1 - power, c))
    return float(np.ceil(gamma.ppf(1 - alpha, hits) / (margin * floor)))


def samples_to_point(rate: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Samples, of all seeds together, that show with this power that hits have no mirror image.

    The fewest hits which, all on one side, are as rare as alpha where a half is expected there.

    Args:
        rate: of hits that have a mirror image, per sample.
        alpha, power: as in `samples_to_find`.
    """
    hits = int(np.ceil(np.log(alpha) / np.log(TIMES / 2)))
    return float(np.ceil(gamma.ppf(power, hits) / rate)) if rate > 0 else inf


def _fewest(enough: Callable[[int], bool]) -> float:
    """The smallest count from 1 that is enough, as are all above it; infinite beyond MOST."""
    high = 1
    while not enough(high):
        if high > MOST:
            return inf
        high *= 2
    low = high // 2  # not enough, or 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _counts(*counts: ArrayLike) -> tuple[np.ndarray, ...]:
    """As arrays of one shape, the seeds last."""
    return np.broadcast_arrays(*(np.asarray(count, float) for count in counts))


def _but_one(*counts: np.ndarray) -> list[np.ndarray]:
    """Counts pooled over all seeds but each: [..., seed that is left out]."""
    return [count @ (1 - np.eye(count.shape[-1])) for count in counts]


def _agreed(direction: np.ndarray, holds: np.ndarray, fails: np.ndarray) -> Evidence:
    """The evidence that is left whichever seed is left out.

    None for the claim unless all seeds but one are on its side.

    Args:
        direction: whether each seed is: [..., seeds].
        holds, fails: p without each seed: [..., seeds].
    """
    seeds = direction.shape[-1]
    holds, fails = holds.max(-1), fails.max(-1)
    if seeds < LEAST_SEEDS:
        return Evidence(np.full(holds.shape, np.nan)[()], np.full(holds.shape, np.nan)[()])
    return Evidence(np.where(direction.sum(-1) >= seeds - 1, holds, 1.0)[()], fails)


def _none_beyond(found: Evidence, alone: np.ndarray) -> Evidence:
    """The evidence, without any for the claim if some seed by itself is against it.

    alone: p of each seed's count at the bound. That there are several makes it stricter.
    """
    beyond = alone.min(-1) <= ALPHA
    return Evidence(np.where(beyond & ~np.isnan(found.holds), 1.0, found.holds)[()], found.fails)
