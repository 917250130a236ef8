"""How well a score tells hallucinations (positives) from valid samples.

Where one class is absent the numbers are undefined (NaN), never 0.5.

Hallucinations are few, so only their scores are held; valid samples pass by in parts and
are counted between them. The counts of parts add up, and all numbers below are exact.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import quantile_test

from mirage.detectors import Score
from mirage.metrics.rows import Row, estimate, rate

AUROC = "auroc"
SPECIFICITY = "specificity_at_95_sensitivity"
SENSITIVITY = 0.95
ROC_POINTS = 400


class Ranking:
    """Where valid samples stand among hallucinated ones by a score.

    Args:
        hallucinated: the scores of all hallucinated samples: [p].
    """

    def __init__(self, hallucinated: np.ndarray) -> None:
        self.hits, self.times = np.unique(hallucinated, return_counts=True)
        # Valid samples below hits[k] and above hits[k - 1], the lowest of them, and those
        # that equal hits[k].
        self.between = np.zeros(len(self.hits) + 1, np.int64)
        self.lowest = np.full(len(self.hits) + 1, np.inf)
        self.equal = np.zeros(len(self.hits) + 1, np.int64)

    def add(self, valid: np.ndarray) -> None:
        """Count some valid samples by their scores: [m]."""
        place = np.searchsorted(self.hits, valid)
        tied = np.append(self.hits, np.nan)[place] == valid
        self.between += np.bincount(place[~tied], minlength=len(self.between))
        self.equal += np.bincount(place[tied], minlength=len(self.equal))
        np.minimum.at(self.lowest, place[~tied], valid[~tied])

    @property
    def counts(self) -> tuple[int, int]:
        """Hallucinated and valid samples."""
        return int(self.times.sum()), int(self.between.sum() + self.equal.sum())

    @property
    def below(self) -> np.ndarray:
        """Valid samples below each of the hits: [k]."""
        return np.cumsum(self.between)[:-1] + np.cumsum(self.equal)[:-1] - self.equal[:-1]

    def auroc(self) -> tuple[float, float]:
        """The area under the ROC curve, and its error (DeLong et al. 1988).

        The error is NaN with fewer than two samples of a class.
        """
        positives, negatives = self.counts
        outdone = (self.below + self.equal[:-1] / 2) / negatives  # shares of valid samples
        above = positives - np.cumsum(self.times)  # hallucinated samples above each hit
        beaten_by = np.concatenate([above + self.times, [0]]) / positives  # those in a gap
        tied_with = (above + self.times / 2) / positives
        shares = np.concatenate([beaten_by, tied_with])
        weights = np.concatenate([self.between, self.equal[:-1]])
        area = float(np.average(outdone, weights=self.times))
        if min(positives, negatives) < 2:
            return area, math.nan
        variance = _variance(outdone, self.times) / positives
        return area, math.sqrt(variance + _variance(shares, weights) / negatives)

    def threshold(self, sensitivity: float) -> float:
        """The largest score that a share of the hits reach or exceed."""
        return float(self.hits[self._missed(sensitivity)])

    def specificity(self, sensitivity: float) -> tuple[int, int]:
        """Valid samples below the threshold that finds a share of the hits, and all of them."""
        return int(self.below[self._missed(sensitivity)]), self.counts[1]

    def _missed(self, sensitivity: float) -> int:
        missed = math.floor(self.counts[0] * (1 - sensitivity) + 1e-9)
        return int(np.searchsorted(np.cumsum(self.times), missed, side="right"))

    def curve(self) -> pd.DataFrame:
        """The ROC curve's corners: threshold, false_positive_rate, true_positive_rate."""
        positives, negatives = self.counts
        # Falling thresholds: the samples of a gap, then the hit below it, and so on.
        order = slice(None, None, -1)
        thresholds = np.full(2 * len(self.hits) + 1, np.inf)
        thresholds[0::2], thresholds[1::2] = self.lowest[order], self.hits[order]
        valid, hits = np.zeros(len(thresholds), np.int64), np.zeros(len(thresholds), np.int64)
        valid[0::2], valid[1::2] = self.between[order], self.equal[:-1][order]
        hits[1::2] = self.times[order]
        there = (valid + hits) > 0
        return pd.DataFrame(
            {
                "threshold": np.append(np.inf, thresholds[there]),
                "false_positive_rate": np.append(0, np.cumsum(valid[there]) / negatives),
                "true_positive_rate": np.append(0, np.cumsum(hits[there]) / positives),
            }
        )


def rank(parts: Iterable[pd.DataFrame], scores: Sequence[Score]) -> dict[Score, Ranking]:
    """Rank valid samples among hallucinated ones by each score.

    Args:
        parts: of a table with the scores' columns and `label`, of which everything but
            `valid` is a hallucination. They are gone through twice.
        scores: to rank by.
    """
    columns = [score.column for score in scores]
    hits = pd.concat([part.loc[_hallucinated(part), columns] for part in parts])
    rankings = {score: Ranking(finite(hits[score.column])) for score in scores}
    for part in parts:
        valid = ~_hallucinated(part)
        for score, ranking in rankings.items():
            ranking.add(finite(part[score.column])[valid])
    return rankings


def measure(rankings: Mapping[Score, Ranking]) -> list[Row]:
    """AUROC and specificity at 95 % sensitivity of each score."""
    return [row for score, ranking in rankings.items() for row in _rows(score, ranking)]


def medians(parts: Iterable[pd.DataFrame], scores: Sequence[Score]) -> list[Row]:
    """The median of each score, with its interval (of order statistics, exact).

    Where nothing tells which samples are hallucinated, it tells generations and filters apart.

    Args:
        parts: of a table with the scores' columns.
        scores: to be told.
    """
    table = pd.concat(part[[score.column for score in scores]] for part in parts)
    return [_median(finite(table[score.column]), score) for score in scores]


def _median(values: np.ndarray, score: Score) -> Row:
    low, high = quantile_test(values, p=0.5).confidence_interval(0.95)
    return Row("median_score", float(np.median(values)), len(values), low, high, **score._asdict())


def roc(rankings: Mapping[Score, Ranking]) -> pd.DataFrame:
    """ROC curves, thinned to at most 400 points each; empty where a class is absent.

    Returns:
        Columns `detector`, `first`, `last`, `threshold` (of the score),
        `false_positive_rate`, `true_positive_rate`.
    """
    curves = []
    for score, ranking in rankings.items():
        if all(ranking.counts):
            curve = ranking.curve()
            thin = np.linspace(0, len(curve) - 1, ROC_POINTS).round().astype(int)
            curves.append(curve.iloc[np.unique(thin)].assign(**score._asdict()))
    return pd.concat(curves, ignore_index=True) if curves else pd.DataFrame()


def _rows(score: Score, ranking: Ranking) -> list[Row]:
    n, at = sum(ranking.counts), score._asdict()
    if not all(ranking.counts):
        return [Row(metric, math.nan, n, **at) for metric in (AUROC, SPECIFICITY)]
    auroc = estimate(AUROC, *ranking.auroc(), n, largest=1.0, **at)
    return [auroc, rate(SPECIFICITY, *ranking.specificity(SENSITIVITY), **at)]


def _hallucinated(scores: pd.DataFrame) -> np.ndarray:
    return (scores["label"] != "valid").to_numpy()


def finite(score: pd.Series) -> np.ndarray:
    """Scores as numbers; one that is not finite is the most suspicious, as for filters."""
    values = score.to_numpy(np.float64, copy=True)
    values[~np.isfinite(values)] = np.finfo(np.float32).max
    return values


def _variance(values: np.ndarray, weights: np.ndarray) -> float:
    """Variance of values that occur so many times, over n - 1."""
    mean = np.average(values, weights=weights)
    return float(weights @ (values - mean) ** 2 / (weights.sum() - 1))
