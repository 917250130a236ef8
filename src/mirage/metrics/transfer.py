"""Whether a window and a threshold found on one generation of one seed hold elsewhere."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mirage.detectors import OFFICIAL, Score
from mirage.metrics.detection import AUROC, SENSITIVITY, finite, rank
from mirage.metrics.rows import Row, estimate, rate

CALIBRATION, TEST = 0, 1
"""Halves of the generation that a threshold is found on: samples of even and of odd number."""
DISCARD = 2_500 / 102_500
"""Share of a generation, with the highest scores, that the official code's recursion drops."""


class Choice(NamedTuple):
    """A window, and the samples that its threshold is to be found on."""

    score: Score
    scores: pd.DataFrame


def choices(
    first: Mapping[int, pd.DataFrame], scoring: Score, compared: Sequence[Score]
) -> dict[tuple[int, str], Choice]:
    """The windows that are tried on each seed: the experiment's, the official one, and the best.

    The best by AUROC is chosen on the generations 0 of the other seeds or, where there is none, on
    every fourth sample, and then its threshold is found on another fourth: a window that looks
    good by luck would bring a threshold as lucky.

    Args:
        first: generation 0 of each seed: columns `sample`, `label` and those of the scores.
        scoring: over the experiment's own window.
        compared: scores of the same detector, over every window there is.

    Returns:
        By seed and choice, `scoring`; `official`, where it is compared; `best`, where both classes
        are known.
    """
    chosen, official = {}, OFFICIAL._replace(detector=scoring.detector)
    whole = {seed: _areas(scores, compared) for seed, scores in first.items()}
    for seed, scores in first.items():
        chosen[seed, "scoring"] = Choice(scoring, scores)
        if official in compared:
            chosen[seed, "official"] = Choice(official, scores)
        areas, own = [of for other, of in whole.items() if other != seed], scores
        if not areas:
            fourth = scores["sample"] % 4
            areas, own = [_areas(scores[fourth == 0], compared)], scores[fourth == 2]
        known = [of for of in areas if len(of)]
        if known:
            chosen[seed, "best"] = Choice(compared[np.mean(known, axis=0).argmax()], own)
    return chosen


def _areas(scores: pd.DataFrame, compared: Sequence[Score]) -> list[float]:
    """AUROC of each score; none where a class is absent."""
    rankings = rank([scores], compared)
    known = all(rankings[compared[0]].counts)
    return [rankings[score].auroc()[0] for score in compared] if known else []


def threshold(scores: pd.DataFrame, score: Score) -> float:
    """The threshold that finds 95 % of hallucinations; NaN with fewer than 19 in its half.

    scores: columns `sample`, `label` and the score's.
    """
    half = scores[scores["sample"] % 2 == CALIBRATION]
    hits = finite(half[score.column])[(half["label"] != "valid").to_numpy()]
    return finding(hits, SENSITIVITY)


def finding(hits: np.ndarray, sensitivity: float) -> float:
    """The largest threshold that finds a share of hits that are yet to come, on average.

    Of n scores the k-th lowest has k / (n + 1) of further ones below it on average, whatever
    their distribution: the quantile of the n at hand would miss more than it says. NaN
    with too few (for 95 %, fewer than 19): even the lowest of them misses more.

    Args:
        hits: scores of hallucinations: [n].
        sensitivity: wanted.
    """
    missed = int((1 - sensitivity) * (len(hits) + 1) + 1e-9)
    return float(np.partition(hits, missed - 1)[missed - 1]) if missed else np.nan


def test(scores: pd.DataFrame, score: Score, threshold: float) -> dict[str, float]:
    """Sensitivity and specificity of a threshold on samples it was not found on.

    Returns:
        `threshold`; `sensitivity` and `specificity` with `_low` and `_high` (Wilson) and the
        numbers they rest on, `hallucinated` and `valid`; what takes no threshold, of
        `told_apart`. NaN where a class is absent.
    """
    positive = (scores["label"] != "valid").to_numpy()
    flagged = finite(scores[score.column]) >= threshold
    known = not np.isnan(threshold)
    found = rate("", (flagged & positive).sum(), positive.sum() if known else 0)
    kept = rate("", (~flagged & ~positive).sum(), (~positive).sum() if known else 0)
    numbers = _ends(sensitivity=found, specificity=kept) | told_apart(scores, score)
    counts = {"hallucinated": int(positive.sum()), "valid": int((~positive).sum())}
    return {"threshold": threshold} | numbers | counts


def told_apart(scores: pd.DataFrame, score: Score) -> dict[str, float]:
    """How well a score tells hallucinations, by no threshold from elsewhere.

    Returns:
        `auroc` (DeLong), and of the official code's discard, which drops a share of the samples at
        hand, how many of them it drops (`discarded`), the share of the hallucinations among
        these (`recall`) and the share of these that are hallucinations (`precision`, both
        Wilson), all with `_low` and `_high`.
    """
    positive, [ranking] = (scores["label"] != "valid").to_numpy(), rank([scores], [score]).values()
    area = Row(AUROC, np.nan, len(scores))
    if all(ranking.counts):
        area = estimate(AUROC, *ranking.auroc(), len(scores), largest=1.0)
    dropped = discarded(finite(scores[score.column]))
    hits = positive[dropped].sum()
    recall, precision = rate("", hits, positive.sum()), rate("", hits, len(dropped))
    return _ends(auroc=area, recall=recall, precision=precision) | {"discarded": len(dropped)}


def discarded(scores: np.ndarray) -> np.ndarray:
    """Places of the highest scores, as many as the official code drops; the last among equals."""
    keep = len(scores) - round(DISCARD * len(scores))
    return np.argsort(scores, kind="stable")[keep:]


def _ends(**rows: Row) -> dict[str, float]:
    """Values of rows by name, with the ends of their intervals."""
    return {
        f"{name}{end}": value
        for name, row in rows.items()
        for end, value in (("", row.value), ("_low", row.low), ("_high", row.high))
    }
