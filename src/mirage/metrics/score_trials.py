"""Trials of the rules on how well a score tells hallucinations: models whose scores are known."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from mirage.metrics import magnitude, transfer
from mirage.metrics.claims_audit import CONTROL, EFFECT, Trial
from mirage.metrics.detection import SENSITIVITY
from mirage.metrics.verdicts import Evidence

SEEDS = 5

Judge = Callable[[np.random.Generator, int], Evidence]
"""Draws a model anew so many times, and judges each."""


def trials() -> list[Trial]:
    """All trials on scores but those of one window's threshold."""
    chosen = _trial("kept", "best of five windows, all at the bound", CONTROL, _best_of(5))
    return [chosen, *_told_apart(), *_discards()]


def _trial(rule: str, scenario: str, kind: str, judge: Judge, one_in: int = 1) -> Trial:
    return Trial(scenario, kind, (rule,), lambda rng, k: {rule: judge(rng, k)}, "scores", one_in)


def _above(shares: ArrayLike, n: ArrayLike, bound: float) -> Evidence:
    """Of shares of n, the seeds last."""
    return magnitude.above(magnitude.logit(shares, n), np.log(bound / (1 - bound)))


def _best_of(windows: int) -> Judge:
    """Windows that tell alike, independent of each other: whatever one chooses by is luck.

    Chosen and their threshold found on samples apart, as `transfer.choices` has it for one seed.
    """
    hits, valid, bound = 50, 1_000, 0.96
    apart = norm.ppf(bound) + norm.ppf(SENSITIVITY)

    def judge(rng: np.random.Generator, k: int) -> Evidence:
        size = (k * SEEDS, windows)
        found = apart + rng.standard_normal((*size, hits))
        best = _area(found, rng.standard_normal((*size, valid // 4))).argmax(1)
        calibration = apart + rng.standard_normal((*size, hits))
        own = calibration[np.arange(len(best)), best]
        thresholds = np.array([transfer.finding(scores, SENSITIVITY) for scores in own])
        kept = (rng.standard_normal((len(own), valid)) < thresholds[:, None]).sum(1)
        return _above(kept.reshape(k, SEEDS), valid, bound)

    return judge


def _told_apart() -> list[Trial]:
    """That a score tells hallucinations better than chance does."""
    valid, name = 1_000, "told_apart"

    def telling(area: float, hits: int = 100) -> Judge:
        apart = norm.ppf(area) * np.sqrt(2)

        def judge(rng: np.random.Generator, k: int) -> Evidence:
            found = apart + rng.standard_normal((k, SEEDS, hits))
            areas = _area(found, rng.standard_normal((k, SEEDS, valid)))
            return _above(areas * hits * valid, hits * valid, 0.5)

        return judge

    return [
        _trial(name, "scores shuffled among samples", CONTROL, telling(0.5)),
        _trial(name, "scores shuffled, 19 hallucinations", CONTROL, telling(0.5, 19)),
        _trial(name, "AUROC of 0.8", EFFECT, telling(0.8)),
    ]


def _discards() -> list[Trial]:
    """That dropping a fixed share of samples, the highest in a score, takes most hallucinations."""
    n, hits, bound, name = 3_700, 90, 0.95, "discard"
    dropped = round(transfer.DISCARD * n)

    def dropping(found: float, hits: int = hits) -> Judge:
        """found: share of the hallucinations, as many as are dropped, above every valid sample."""

        def judge(rng: np.random.Generator, k: int) -> Evidence:
            n = round(hits / transfer.DISCARD)
            scores = rng.standard_normal((k * SEEDS, n))
            high = rng.random((k * SEEDS, hits)) < found
            scores[:, :hits] = np.where(high, 10, -10) + rng.standard_normal(high.shape)
            recalled = [(transfer.discarded(own) < hits).sum() for own in scores]
            return _above(np.reshape(recalled, (k, SEEDS)), hits, bound)

        return judge

    def shuffled(rng: np.random.Generator, k: int) -> Evidence:
        return _above(rng.hypergeometric(hits, n - hits, dropped, (k, SEEDS)), hits, bound)

    def crowded(rng: np.random.Generator, k: int) -> Evidence:
        many = rng.binomial(n, 0.05, (k, SEEDS))
        return _above(np.minimum(many, dropped), many, bound)

    return [
        _trial(name, "scores shuffled among samples", CONTROL, shuffled),
        _trial(name, "finds as many as the bound", CONTROL, dropping(bound)),
        _trial(name, "finds all it can, more are hallucinated", CONTROL, crowded),
        _trial(name, "finds 99 %", EFFECT, dropping(0.99, 900), 5),
    ]


def _area(hits: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of scores without ties: [...] of [..., p] and [..., m]."""
    return (hits[..., :, None] > valid[..., None, :]).mean((-2, -1))
