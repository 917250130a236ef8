"""Whether a window and a threshold found on one generation of one seed hold elsewhere."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mirage.detectors import OFFICIAL, Score
from mirage.metrics.detection import AUROC, SENSITIVITY, finite, rank
from mirage.metrics.rows import Row, estimate, rate

CALIBRATION, TEST = 0, 1
"""Halves of the generation that a threshold is found on: samples of even and of odd number."""
DISCARD = 2_500 / 102_500
"""Share of a generation, with the highest scores, that the official code's recursion drops."""


def choices(scores: pd.DataFrame, scoring: Score, compared: Sequence[Score]) -> dict[str, Score]:
    """The windows that are tried: of the experiment, of the official code, and the best.

    The best by AUROC is chosen on every fourth sample, and its threshold found on others (see
    `calibration`): a window that looks good by luck would bring a threshold as lucky.

    Args:
        scores: columns `sample`, `label` and those of the scores.
        scoring: over the experiment's own window.
        compared: scores of the same detector, over every window there is.

    Returns:
        `scoring`; `official`, where it is compared; `best`, where both classes are known.
    """
    official = OFFICIAL._replace(detector=scoring.detector)
    chosen = {"scoring": scoring} | ({"official": official} if official in compared else {})
    rankings = rank([scores[scores["sample"] % 4 == CALIBRATION]], compared)
    if all(rankings[compared[0]].counts):
        chosen["best"] = max(compared, key=lambda score: rankings[score].auroc()[0])
    return chosen


def calibration(scores: pd.DataFrame, choice: str) -> pd.DataFrame:
    """The samples that the threshold of a choice is found on: not those it was chosen on."""
    return scores[scores["sample"] % 4 == 2] if choice == "best" else scores


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
