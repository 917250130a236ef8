"""Trials of the rules on counts, rates and scores, of points and pictures alike."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi, norm

from mirage.metrics import (
    existence,
    magnitude,
    point_trials,
    score_trials,
    segment_trials,
    transfer,
)
from mirage.metrics.claims_audit import CONTROL, EFFECT, INTERVAL, Trial
from mirage.metrics.detection import SENSITIVITY
from mirage.metrics.rules import NO_HIT, ONE_WRONG, RULES
from mirage.metrics.verdicts import ALPHA, Evidence, all_of

SEEDS = 5
FAMILY = 12
"""Claims of the largest family in which bounds stand; samples are planned at alpha over it."""
SPREAD = 0.4
"""Standard deviation of the logarithm of a rate over seeds."""

Judge = Callable[[np.random.Generator, int], Evidence]
"""Draws a model anew so many times, and judges each."""


def trials() -> list[Trial]:
    """All trials, of every rule that decides a claim."""
    counts = [*_above_a_floor(), *_directed(), *_bounds(), *_others(), *_trends(), *_growth()]
    points = [*point_trials.trials(), *segment_trials.trials()]
    told = [*_detectors(), *score_trials.trials()]
    return [*points, *counts, *_ratios(), *_typical(), *told]


def _trials(rule: str, judges: Mapping[str, Judge], data: str = "counts") -> list[Trial]:
    """Trials of one rule, by their scenario."""

    def trial(scenario: str, judge: Judge) -> Trial:
        kind = CONTROL if scenario in RULES[rule].controls else EFFECT
        return Trial(scenario, kind, (rule,), lambda rng, k: {rule: judge(rng, k)}, data)

    return [trial(scenario, judge) for scenario, judge in judges.items()]


def _one(wrong: float, others: float) -> np.ndarray:
    """Of the seeds, of which one has gone wrong."""
    return np.where(np.arange(SEEDS) == 0, wrong, others)


def _above_a_floor() -> list[Trial]:
    """That there is more than a counter's false alarms, of which the floor is an upper end."""
    floor = 5e-4

    def at(rates: Callable[[int], np.ndarray], n: int = 2_000) -> Judge:
        def judge(rng: np.random.Generator, k: int) -> Evidence:
            hits = rng.binomial(n, rates(k))
            return existence.more_than_floor(hits, np.full(SEEDS, floor * n), 1e-3 * n * SEEDS)

        return judge

    one = _one(0.1, floor)
    return _trials(
        "more_than_floor",
        {
            ONE_WRONG: at(lambda k: np.tile(one, (k, 1)), 20_000),
            "0.5 %": at(lambda k: np.full((k, SEEDS), 0.005)),
        },
    )


def _directed() -> list[Trial]:
    """That more or fewer points lie in some directions than chance has there."""
    n, chance = 200, 0.4

    def at(rates: np.ndarray, rule: Callable[..., Evidence]) -> Judge:
        def judge(rng: np.random.Generator, k: int) -> Evidence:
            return rule(rng.binomial(n, rates, (k, SEEDS)), n, np.full(SEEDS, chance * n))

        return judge

    more = at(_one(0.95, existence.TIMES * chance), existence.more_than_chance)
    mirror = at(
        _one(0.95, existence.TIMES / 2), lambda hits, n, _: existence.more_than_mirror(hits, n)
    )
    fewer = at(_one(0.0, chance), existence.fewer_than_chance)
    return [
        *_trials("more_than_chance", {ONE_WRONG: more}),
        *_trials("more_than_mirror", {ONE_WRONG: mirror}),
        *_trials("fewer_than_chance", {ONE_WRONG: fewer}),
    ]


def _bounds() -> list[Trial]:
    """That a rate is no more than its floor, or is the floor, with the samples that this takes."""

    power = (1 + existence.POWER) / 2  # on either side

    def at(times: ArrayLike, margin: float, k: float, rule: Callable[..., Evidence]) -> Judge:
        floor = float(chi.sf(k, 2))
        # Half as many again as all seeds together need: p is that without a seed.
        expected = (
            1.5 * floor * existence.samples_to_bound(floor, margin, ALPHA / FAMILY, power) / SEEDS
        )

        def judge(rng: np.random.Generator, repetitions: int) -> Evidence:
            hits = rng.poisson(np.multiply(times, expected), (repetitions, SEEDS))
            return rule(hits, np.full(SEEDS, expected), margin)

        return judge

    no_more: dict[str, ArrayLike] = {
        "at the margin": 3,
        "ten times the floor": 10,
        ONE_WRONG: _one(9, 0.5),
        NO_HIT: _one(0, 3),
        "perfect sampler": 1,
    }
    same: dict[str, ArrayLike] = {
        "at the margin": 1.1,
        "below it by as much": 1 / 1.1,
        "no hit": 0,
        ONE_WRONG: _one(1.5, 0.95),
        NO_HIT: _one(0, 1.1),
        "perfect sampler": 1,
    }
    return [
        *_trials(
            "no_more_than_floor",
            {
                name: at(times, 3, 5, existence.no_more_than_floor)
                for name, times in no_more.items()
            },
        ),
        *_trials(
            "same_as_floor",
            {name: at(times, 1.1, 3, existence.same_as_floor) for name, times in same.items()},
        ),
    ]


def _others() -> list[Trial]:
    """That one rate is above another, whose samples may be few."""

    def at(rate: ArrayLike, other: float, other_n: int) -> Judge:
        def judge(rng: np.random.Generator, k: int) -> Evidence:
            # What training adds differs from seed to seed, and is the same for both.
            common, n = np.exp(SPREAD * rng.standard_normal((k, SEEDS))), 20_000
            hits = rng.binomial(n, np.minimum(rate * common, 1))
            others = rng.binomial(other_n, np.minimum(other * common, 1))
            return existence.more_than_other(hits, n, others, other_n)

        return judge

    return _trials(
        "more_than_other",
        {
            "same rate, few samples": at(0.001, 0.001, 1_000),
            "same rate, many samples": at(0.01, 0.01, 20_000),
            ONE_WRONG: at(_one(0.3, 0.01), 0.01, 20_000),
            "ten times": at(0.02, 0.002, 1_000),
        },
    )


def _inwards(
    rng: np.random.Generator, n: int, bridges: np.ndarray, tails: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits inwards, points looked at, and samples, of levels by seeds.

    Args:
        rng: draws them.
        n: samples of each.
        bridges: that lie where there is a mirror image, as a share of them: [k, L, seeds].
        tails: on either side: [L].
    """
    hits = rng.poisson(n * (bridges + tails[:, None]))
    outwards = rng.poisson(n * np.broadcast_to(tails[:, None], hits.shape))
    return hits, hits + outwards, np.full(hits.shape, n)


def _trends() -> list[Trial]:
    """That bridges grow rarer along a factor."""
    levels, n = [20.0, 40.0, 80.0], 20_000

    def along(bridges: np.ndarray, tails: np.ndarray) -> Judge:
        def judge(rng: np.random.Generator, k: int) -> Evidence:
            spread = np.exp(SPREAD * rng.standard_normal((k, len(levels), SEEDS)))
            counts = _inwards(rng, n, bridges[:, None] * spread, tails)
            return all_of(*(magnitude.below(by, 0.0) for by in magnitude.trend(levels, *counts)))

        return judge

    # On a grid a fifth of all bridges has a mirror image: these are 4 % of all samples.
    none, even = np.zeros(3), np.full(3, 0.008)
    falling, shrinking = even * np.array([1, 1 / 3, 1 / 9]), np.array([0.02, 0.004, 0.0004])
    blur = np.array([2e-3, 1e-5, 1e-12])  # beyond a quarter of the spacing, x 2
    trials = {
        "as many at every level": (even, none),
        "as many at every level, and tails that shrink": (even, shrinking),
        "as many at every level, and tails that grow": (even, shrinking[::-1]),
        "none, and tails that shrink": (none, shrinking),
        "truth blurred x 2 at every level": (none, blur),
        "a third as many at twice the level": (falling, none),
        "a third as many at twice the level, and tails": (falling, np.full(3, 2e-4)),
    }
    return _trials("trend", {name: along(*of) for name, of in trials.items()})


def _growth() -> list[Trial]:
    """That there are more bridges in a last generation than in the first, and any."""
    n = 100_000

    def growing(times: ArrayLike, share: float, first: float, last: float) -> Judge:
        """first, last: tails of these generations."""
        grown = np.stack([np.ones(SEEDS), np.broadcast_to(times, SEEDS)])

        def judge(rng: np.random.Generator, k: int) -> Evidence:
            # A seed's own factor, and what retraining adds on its own.
            spread = SPREAD * rng.standard_normal((k, 1, SEEDS))
            own = np.exp(spread + 0.2 * rng.standard_normal((k, 2, SEEDS)))
            hits, looked, of = _inwards(rng, n, share * grown * own, np.array([first, last]))
            exist = existence.more_than_mirror(hits[:, 1], looked[:, 1])
            rises = magnitude.trend([1.0, 10.0], hits, looked, of)
            return all_of(exist, *(magnitude.above(rise, 0.0) for rise in rises))

        return judge

    few, many = 2e-4, 5e-3
    return _trials(
        "bridge_growth",
        {
            "as many bridges": growing(1, 1e-3, few, few),
            "as many bridges, and tails that grow": growing(1, 1e-3, few, many),
            "as many bridges, and tails that shrink": growing(1, 1e-3, many, few),
            "no bridges, and tails that grow": growing(1, 0.0, few, many),
            "three times as many, in one seed": growing(_one(3, 1), 1e-3, few, few),
            "three times as many": growing(3, 1e-3, few, few),
            "three times as many, and tails that grow": growing(3, 1e-3, few, 1e-3),
        },
    )


def _ratios() -> list[Trial]:
    """That one rate is smaller than another on the same seeds."""

    def filtered(ratio: float) -> Judge:
        def judge(rng: np.random.Generator, k: int) -> Evidence:
            n, common = 20_000, np.log(0.02) + SPREAD * rng.standard_normal((k, SEEDS))
            # What retraining adds on its own, in either line of generations.
            own = np.exp(common + 0.1 * rng.standard_normal((2, k, SEEDS)))
            random, tried = rng.binomial(n, np.minimum(own * [[[1.0]], [[ratio]]], 1))
            return magnitude.below(
                magnitude.log_rate(tried, n) - magnitude.log_rate(random, n), 0.0
            )

        return judge

    return _trials(
        "ratio", {"two names for one filter": filtered(1.0), "half as many": filtered(1 / 2)}
    )


def _typical() -> list[Trial]:
    """Where the typical rate lies, over seeds whose rates scatter in several ways."""
    n, rate = 20_000, 0.01
    spreads = {
        "at the bound": lambda rng, size: SPREAD * rng.standard_normal(size),
        "at the bound, wide": lambda rng, size: rng.standard_normal(size),
        "at the bound, heavy tails": lambda rng, size: SPREAD * rng.standard_t(3, size),
    }

    def rates(spread: Callable, rng: np.random.Generator, k: int) -> np.ndarray:
        share = np.minimum(rate * np.exp(spread(rng, (k, SEEDS))), 1)
        return magnitude.log_rate(rng.binomial(n, share), n)

    def over(spread: Callable, times: float) -> Judge:
        return lambda rng, k: magnitude.above(rates(spread, rng, k), np.log(rate / times))

    def covering(spread: Callable) -> Callable[[np.random.Generator, int], dict[str, Evidence]]:
        def judge(rng: np.random.Generator, k: int) -> dict[str, Evidence]:
            _, low, high = magnitude.interval(rates(spread, rng, k))
            missed = (np.log(rate) < low) | (np.log(rate) > high)
            return {"typical": Evidence(missed.astype(float), np.ones(k))}

        return judge

    controls = {name: over(spread, 1) for name, spread in spreads.items()}
    intervals = [
        Trial(name, INTERVAL, ("typical",), covering(spread)) for name, spread in spreads.items()
    ]
    return [
        *_trials("typical", controls | {"four times": over(spreads["at the bound"], 4)}),
        *intervals,
    ]


def _detectors() -> list[Trial]:
    """That a share of valid samples is kept at a threshold that does find the others."""
    bound = 0.96

    def telling(kept: float, hits: int = 100, easier: float = 0.0, valid: int = 1_000) -> Judge:
        """Scores whose threshold at 95 % sensitivity keeps such a share in truth.

        hits, valid: samples of either half of a seed.
        easier: those that the threshold is found by, by so much.
        """
        apart = norm.ppf(kept) + norm.ppf(SENSITIVITY)

        def judge(rng: np.random.Generator, k: int) -> Evidence:
            calibration = apart + easier + rng.standard_normal((k * SEEDS, hits))
            at = np.array([transfer.finding(scores, SENSITIVITY) for scores in calibration])
            others = rng.standard_normal((k * SEEDS, valid))
            shares = np.where(np.isnan(at), np.nan, (others < at[:, None]).sum(1))
            # The scores of as many hallucinations of the other half.
            found = rng.binomial(hits, norm.sf(np.nan_to_num(at) - apart)).reshape(k, SEEDS)
            logits = magnitude.logit(shares.reshape(k, SEEDS), valid)
            return all_of(
                magnitude.above(logits, np.log(bound / (1 - bound))),
                existence.finds(found, np.full(found.shape, hits)),
            )

        return judge

    return _trials(
        "kept",
        {
            "scores shuffled among samples": telling(1 - SENSITIVITY),
            "keeps as many as the bound": telling(bound),
            **{f"at the bound, {few} hallucinations": telling(bound, few) for few in (2, 18, 19)},
            "keeps 99 %, finds 90 %": telling(0.99, 300, norm.ppf(0.95) - norm.ppf(0.9)),
            "keeps 99 %": telling(0.99, 900, valid=2_000),
        },
        data="scores",
    )
