"""From counts and numbers by seed to evidence for a claim and against it.

Two layers. Whether something exists is a matter of counts, pooled over seeds, against the
floor: exact, and true of these seeds' models. How large it is differs from model to model:
one number a seed, on a scale where effects add up, and Student's t over seeds.

Evidence is two p values. A claim holds if the first, adjusted for its family, is at most
alpha; it does not hold if the second is; otherwise it is undecided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, nan

import numpy as np
from scipy.stats import gamma, poisson

from mirage.metrics.nulls import Sides, Turned

ALPHA, POWER = 0.05, 0.95
MARGIN = 3.0
"""In floors: a rate below so many is no more than the floor."""
TIMES = 1.1
"""Of random directions' hits: the tails of neighbours, if heavy, meet between them, and add up
to 2 % there with no interpolation at all."""
LEAST_SEEDS = 3
"""With fewer there is no evidence."""
HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"


@dataclass(frozen=True)
class Evidence:
    """Of a claim that has not been adjusted for its family; NaN where nothing is known."""

    holds: float
    """P of what was seen, or more of it, if the claim is false."""
    fails: float
    """P of what was seen, or less of it, if the effect is as large as wanted."""


def more_than_floor(hits: Sequence[int], floors: Sequence[float], wanted: float) -> Evidence:
    """Whether there are more hits than a floor explains.

    For: the Poisson probability of so many hits at the floor, pooled; 1 unless all seeds
    but one show more than their floor. Against: that of so few at the wanted number.

    Args:
        hits: of each seed.
        floors: hits expected of the floor, of each seed; of a floor that is itself
            estimated, its upper end.
        wanted: hits of all seeds together at the effect that is wanted.
    """
    hits, floors = np.asarray(hits), np.asarray(floors, float)
    if len(hits) < LEAST_SEEDS:
        return Evidence(nan, nan)
    agreed = (hits > floors).sum() >= len(hits) - 1
    holds = float(poisson.sf(hits.sum() - 1, floors.sum())) if agreed else 1.0
    return Evidence(holds, float(poisson.cdf(hits.sum(), wanted)))


def no_more_than_floor(
    hits: Sequence[int],
    floors: Sequence[float],
    margin: float = MARGIN,
) -> Evidence:
    """Whether hits are within a multiple of the floor.

    For: the Poisson probability of so few hits at the margin, pooled; 1 unless all seeds but
    one show less than theirs. Against: that of so many.

    Args:
        hits: of each seed.
        floors: hits expected of the floor, of each seed.
        margin: of the floor.
    """
    hits, bounds = np.asarray(hits), margin * np.asarray(floors, float)
    if len(hits) < LEAST_SEEDS:
        return Evidence(nan, nan)
    agreed = (hits < bounds).sum() >= len(hits) - 1
    holds = float(poisson.cdf(hits.sum(), bounds.sum())) if agreed else 1.0
    return Evidence(holds, float(poisson.sf(hits.sum() - 1, bounds.sum())))


def more_than_random(by_seed: Sequence[Turned] | Sequence[Sides], times: float = TIMES) -> Evidence:
    """Whether there are clearly more hits than random directions give.

    For: the probability that random directions give as many, were theirs `times` as many,
    pooled; 1 unless all seeds but one show more than theirs. Against: that they give as few.
    """
    if len(by_seed) < LEAST_SEEDS:
        return Evidence(nan, nan)
    pooled = type(by_seed[0]).pooled(by_seed)
    agreed = sum(null.hits > null.expected for null in by_seed) >= len(by_seed) - 1
    return Evidence(pooled.more(times) if agreed else 1.0, pooled.fewer())


def fewer_than_random(by_seed: Sequence[Turned] | Sequence[Sides]) -> Evidence:
    """Whether there are fewer hits than random directions give, by the same rules."""
    if len(by_seed) < LEAST_SEEDS:
        return Evidence(nan, nan)
    pooled = type(by_seed[0]).pooled(by_seed)
    agreed = sum(null.hits < null.expected for null in by_seed) >= len(by_seed) - 1
    return Evidence(pooled.fewer() if agreed else 1.0, pooled.more())


def all_of(*parts: Evidence) -> Evidence:
    """Evidence for a claim that holds if all its parts do, and fails if one of them does.

    The largest p value needs no adjustment for that there are several; of those against, the
    smallest one does, and gets Bonferroni's.
    """
    fails = len(parts) * np.min([part.fails for part in parts])
    return Evidence(float(np.max([part.holds for part in parts])), float(min(1.0, fails)))


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
    if rate <= floor:
        return inf
    hits = 1
    while gamma.ppf(power, hits) * floor > gamma.ppf(alpha, hits) * rate:
        hits += 1
    return float(ceil(gamma.ppf(power, hits) / rate))


def samples_to_bound(
    floor: float, margin: float = MARGIN, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Samples, of all seeds together, that show with this power the floor to be within a margin.

    Args:
        floor: per sample, and the true rate.
        margin: of the floor, above 1.
        alpha, power: as in `samples_to_find`.
    """
    hits = 1  # so many are no longer within the margin
    while gamma.ppf(1 - alpha, hits) > margin * gamma.ppf(1 - power, hits):
        hits += 1
    return float(ceil(gamma.ppf(1 - alpha, hits) / (margin * floor)))


def holm(p: Sequence[float]) -> np.ndarray:
    """P values adjusted for that all of a family are looked at (Holm 1979); NaN stays NaN."""
    p = np.asarray(p, float)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    adjusted = np.full(len(p), nan)
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def decide(family: Sequence[Evidence], alpha: float = ALPHA) -> list[str]:
    """The verdict on each claim of a family, with its evidence adjusted by Holm's method."""
    holds = holm([claim.holds for claim in family]) <= alpha
    fails = holm([claim.fails for claim in family]) <= alpha
    return np.select([holds, fails], [HOLDS, FAILS], UNDECIDED).tolist()
