"""Trials of the statistics that look at rates and scores, of points and pictures alike."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import chi, norm

from mirage.metrics import bridge_trials, magnitude, transfer
from mirage.metrics.claims_audit import Trial
from mirage.metrics.verdicts import Evidence, no_more_than_floor, samples_to_bound

SEEDS = 5
SPREAD = 0.4
"""Standard deviation of the logarithm of a rate over seeds."""

Judge = Callable[[np.random.Generator], Evidence]
"""Draws a model anew and judges it."""


def trials() -> list[Trial]:
    """All trials, of every kind of statistic that decides a claim."""
    return [*bridge_trials.trials(), *_bounds(), *_differences(), *_intervals(), *_detectors()]


def _trial(name: str, scenario: str, effect: bool, draw: Judge) -> Trial:
    """A trial of one statistic."""
    return Trial(scenario, effect, (name,), lambda rng: {name: draw(rng)})


def _bounds() -> list[Trial]:
    """That a rate is no more than its floor, with the samples that this takes."""
    floor = float(chi.sf(5, 2))
    each = samples_to_bound(floor) / SEEDS

    def at(times: float) -> Judge:
        def evidence(rng: np.random.Generator) -> Evidence:
            return no_more_than_floor(
                rng.poisson(times * floor * each, SEEDS), [floor * each] * SEEDS
            )

        return evidence

    return [
        _trial("no_more_than_floor", "three times the floor", False, at(3)),
        _trial("no_more_than_floor", "ten times the floor", False, at(10)),
        _trial("no_more_than_floor", "perfect sampler", True, at(1)),
    ]


def _differences() -> list[Trial]:
    """That one rate is smaller than another on the same seeds."""

    def filtered(ratio: float) -> Judge:
        def evidence(rng: np.random.Generator) -> Evidence:
            n, common = 20_000, np.log(0.02) + SPREAD * rng.standard_normal(SEEDS)
            # What retraining adds on its own, in either line of generations.
            own = np.exp(common + 0.1 * rng.standard_normal((2, SEEDS)))
            random, tried = rng.binomial(n, np.minimum(own * [[1.0], [ratio]], 1))
            return magnitude.below(magnitude.logit(tried, n) - magnitude.logit(random, n), 0.0)

        return evidence

    return [
        _trial(
            "difference", "random filtering under the tried filter's name", False, filtered(1.0)
        ),
        _trial("difference", "a third fewer", True, filtered(2 / 3)),
    ]


def _intervals() -> list[Trial]:
    """Where the typical rate lies, over seeds whose rates scatter in several ways."""
    n, rate = 20_000, 0.01

    def scattered_by(draw: Callable[[np.random.Generator], np.ndarray], times: float) -> Judge:
        def evidence(rng: np.random.Generator) -> Evidence:
            hits = rng.binomial(n, np.minimum(rate * np.exp(draw(rng)), 1))
            return magnitude.above(magnitude.log_rate(hits, n), np.log(rate / times))

        return evidence

    def normal(rng: np.random.Generator) -> np.ndarray:
        return SPREAD * rng.standard_normal(SEEDS)

    def wide(rng: np.random.Generator) -> np.ndarray:
        return rng.standard_normal(SEEDS)

    def heavy(rng: np.random.Generator) -> np.ndarray:
        return SPREAD * rng.standard_t(3, SEEDS)

    return [
        _trial("typical_rate", f"at the bound, log-sd {SPREAD:g}", False, scattered_by(normal, 1)),
        _trial("typical_rate", "at the bound, log-sd 1", False, scattered_by(wide, 1)),
        _trial("typical_rate", "at the bound, heavy tails", False, scattered_by(heavy, 1)),
        _trial("typical_rate", "twice the bound", True, scattered_by(normal, 2)),
    ]


def _detectors() -> list[Trial]:
    """That a share of valid samples is kept at the threshold that finds most of the others."""
    hits, valid, bound = 200, 2_000, 0.96

    def telling(kept: float) -> Judge:
        """Scores whose threshold at 95 % sensitivity keeps such a share in truth."""
        apart = norm.ppf(kept) + norm.ppf(0.95)

        def evidence(rng: np.random.Generator) -> Evidence:
            shares = [_kept(rng, apart, hits, valid) for _ in range(SEEDS)]
            return magnitude.above(
                magnitude.logit(*np.transpose(shares)), np.log(bound / (1 - bound))
            )

        return evidence

    return [
        _trial("kept_at_95_found", "scores shuffled among samples", False, telling(0.05)),
        _trial("kept_at_95_found", "keeps as many as the bound", False, telling(bound)),
        _trial("kept_at_95_found", "keeps 99 %", True, telling(0.99)),
    ]


def _kept(rng: np.random.Generator, apart: float, hits: int, valid: int) -> tuple[int, int]:
    """Valid samples kept, and all, on the half of a seed where no threshold was found."""
    hallucinated = np.arange(hits + valid) < hits
    scores = pd.DataFrame(
        {
            "sample": rng.permutation(hits + valid),
            "label": np.where(hallucinated, "bridge", "valid"),
            "score": rng.standard_normal(hits + valid) + apart * hallucinated,
        }
    )
    found = transfer.threshold(scores, "score")
    other = scores[scores["sample"] % 2 == transfer.TEST]
    result = transfer.test(other, "score", found)
    return round(result["specificity"] * result["valid"]), result["valid"]
