"""Whether a threshold found on one generation of one seed holds elsewhere."""

import numpy as np
import pandas as pd

from mirage.detectors import Score
from mirage.metrics.detection import SENSITIVITY, Ranking, finite
from mirage.metrics.rows import rate

CALIBRATION, TEST = 0, 1
"""Halves of the generation that a threshold is found on: samples of even and of odd number."""


def threshold(scores: pd.DataFrame, score: Score) -> float:
    """The threshold that finds 95 % of the hallucinations of a calibration half; NaN without any.

    scores: columns `sample`, `label` and the score's.
    """
    half = scores[scores["sample"] % 2 == CALIBRATION]
    hits = finite(half[score.column])[(half["label"] != "valid").to_numpy()]
    return Ranking(hits).threshold(SENSITIVITY) if len(hits) else np.nan


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
