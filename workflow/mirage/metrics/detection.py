"""How well a score tells hallucinations (positives) from valid samples.

Where one class is absent the numbers are undefined (NaN), never 0.5.
"""

import math

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score, roc_curve

from mirage.metrics.rows import Row, estimate, rate

AUROC = "auroc"
SPECIFICITY = "specificity_at_95_sensitivity"
SENSITIVITY = 0.95
ROC_POINTS = 400


def measure(scores: pd.DataFrame, columns: list[str]) -> list[Row]:
    """AUROC and specificity at 95 % sensitivity of each score column.

    scores: the columns, and `label`; everything but `valid` is a hallucination.
    """
    positive = (scores["label"] != "valid").to_numpy()
    return [row for name in columns for row in _rows(name, positive, finite(scores[name]))]


def roc(scores: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """ROC curves, thinned to at most 400 points each; empty where a class is absent."""
    positive = (scores["label"] != "valid").to_numpy()
    curves = []
    for name in columns if defined(positive) else []:
        false_positive, true_positive, threshold = roc_curve(positive, finite(scores[name]))
        thin = np.unique(np.linspace(0, len(threshold) - 1, ROC_POINTS).round().astype(int))
        curves.append(
            pd.DataFrame(
                {
                    "score": name,
                    "threshold": threshold[thin],
                    "false_positive_rate": false_positive[thin],
                    "true_positive_rate": true_positive[thin],
                }
            )
        )
    return pd.concat(curves) if curves else pd.DataFrame()


def threshold_of(hits: np.ndarray) -> float:
    """The largest threshold at which 95 % of the hallucinations score as high or higher."""
    missed = math.floor(len(hits) * (1 - SENSITIVITY) + 1e-9)
    return float(np.sort(hits)[missed])


def delong_error(positive: np.ndarray, score: np.ndarray) -> float:
    """Standard error of the AUROC (DeLong et al. 1988), from ranks (Sun and Xu 2014).

    positive: bool [n]; score: [n]. NaN with fewer than two samples of a class.
    """
    hits, misses = score[positive], score[~positive]
    if min(len(hits), len(misses)) < 2:
        return np.nan
    ranks = rankdata(score)
    above_misses = (ranks[positive] - rankdata(hits)) / len(misses)
    below_hits = 1 - (ranks[~positive] - rankdata(misses)) / len(hits)
    return float(
        np.sqrt(above_misses.var(ddof=1) / len(hits) + below_hits.var(ddof=1) / len(misses))
    )


def _rows(name: str, positive: np.ndarray, score: np.ndarray) -> list[Row]:
    if not defined(positive):
        return [Row(metric, np.nan, len(score), name) for metric in (AUROC, SPECIFICITY)]
    auroc = estimate(
        AUROC,
        roc_auc_score(positive, score),
        delong_error(positive, score),
        len(score),
        name,
        largest=1.0,
    )
    valid = score[~positive]
    below = (valid < threshold_of(score[positive])).sum()
    return [auroc, rate(SPECIFICITY, below, len(valid), name)]


def finite(score: pd.Series) -> np.ndarray:
    """Scores as numbers; one that is not finite is the most suspicious, as for filters."""
    largest = np.finfo(np.float32).max
    return score.replace([np.inf, -np.inf], np.nan).fillna(largest).to_numpy()


def defined(positive: np.ndarray) -> bool:
    """Whether there are samples of both classes."""
    return bool(positive.any() and not positive.all())
