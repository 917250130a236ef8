"""Whether a threshold found on one generation of one seed holds elsewhere."""

import numpy as np
import pandas as pd

from mirage.detectors import Score
from mirage.metrics.detection import SENSITIVITY, finite
from mirage.metrics.rows import rate

CALIBRATION, TEST = 0, 1
"""Halves of the generation that a threshold is found on: samples of even and of odd number."""


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
        numbers they rest on, `hallucinated` and `valid`. NaN where a class is absent.
    """
    positive = (scores["label"] != "valid").to_numpy()
    flagged = finite(scores[score.column]) >= threshold
    known = not np.isnan(threshold)
    found = rate("", (flagged & positive).sum(), positive.sum() if known else 0)
    kept = rate("", (~flagged & ~positive).sum(), (~positive).sum() if known else 0)
    numbers = {"threshold": threshold}
    for name, row in (("sensitivity", found), ("specificity", kept)):
        numbers |= {name: row.value, f"{name}_low": row.low, f"{name}_high": row.high}
    return numbers | {"hallucinated": int(positive.sum()), "valid": int((~positive).sum())}
