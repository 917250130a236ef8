"""How far generated points are from the mixture they should follow.

Each number has the floor of a perfect sampler beside it: what n exact draws from
the mixture would show on average.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import gammainc, gammaincc

from mirage.datasets.mixtures import GaussianMixture
from mirage.labels.points import LABELS
from mirage.metrics import bridging, copies
from mirage.metrics.names import THRESHOLDS
from mirage.metrics.rows import Row, estimate, rate

UNIT = 2.0**-20
"""In which squared distances are added, as whole numbers: sums do not depend on order."""


@dataclass
class Tally:
    """All that is measured of a generation's samples, added up part by part.

    Args:
        truth: the mixture that they should follow.
    """

    truth: GaussianMixture
    n: int = 0
    labels: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LABELS, 0))
    beyond: dict[int, int] = field(default_factory=lambda: dict.fromkeys(THRESHOLDS, 0))
    """Samples farther than so many standard deviations from the nearest mode."""
    valid_by_mode: np.ndarray = field(init=False)
    squares: tuple[int, int] = (0, 0)
    """Sums of the squared distances of valid samples, and of their squares, in UNIT."""
    marks: list[np.ndarray] = field(default_factory=list)
    """Of the places of some samples, by which copies are told."""
    ended: bridging.Ended = field(init=False)
    """Of samples that have a label of where they ended."""

    def __post_init__(self) -> None:
        self.valid_by_mode = np.zeros(len(self.truth.means), np.int64)
        self.ended = bridging.Ended(self.truth)

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        return self.truth.means.shape[1]

    def add(self, scores: pd.DataFrame) -> None:
        """Count some samples: columns as `endpoint.label_both` gives them."""
        self.n += len(scores)
        self.marks.append(copies.marks(scores))
        if "endpoint" in scores:
            self.ended.add(scores)
        for label, count in scores["label"].value_counts().items():
            self.labels[label] += int(count)
        for k in THRESHOLDS:
            self.beyond[k] += int((scores["distance"] > k).sum())
        valid = scores[scores["label"] == "valid"]
        self.valid_by_mode += np.bincount(valid["mode"], minlength=len(self.truth.means))
        square = valid["distance"].to_numpy(np.float64) ** 2
        second, fourth = (
            total + int(np.rint(power / UNIT).astype(np.int64).sum())
            for total, power in zip(self.squares, (square, square**2), strict=True)
        )
        self.squares = second, fourth


def tally(parts: Iterable[pd.DataFrame], truth: GaussianMixture) -> Tally:
    """Count the samples of all parts of the scores."""
    total = Tally(truth)
    for part in parts:
        total.add(part)
    return total


def measure(tally: Tally, radius: float) -> list[Row]:
    """All metrics of a generation of points.

    Args:
        tally: of its samples.
        radius: of the support, in standard deviations.
    """
    return [
        *label_rates(tally, radius),
        *tail_rates(tally),
        *mode_metrics(tally.valid_by_mode, np.exp(tally.truth.log_weights)),
        within_mode_variance_ratio(tally, radius),
        distinct(tally),
        *bridging.measure(tally.ended, radius),
    ]


def label_rates(tally: Tally, radius: float) -> list[Row]:
    """Shares of hallucinations, and of each kind, with Wilson intervals."""
    n, floor = tally.n, beyond(radius, tally.dim)
    hits = {label: tally.labels[label] for label in LABELS[1:]}
    return [
        rate("hallucination_rate", sum(hits.values()), n, floor, threshold=radius),
        *(rate("label_rate", hits[label], n, label=label, threshold=radius) for label in hits),
    ]


def beyond(radius: float, dim: int) -> float:
    """Share of a Gaussian farther from its mean than a radius, in standard deviations."""
    return float(gammaincc(dim / 2, radius**2 / 2))


def distinct(tally: Tally) -> Row:
    """Share of samples that are no copy of another."""
    found = np.concatenate([np.zeros(0, np.uint64), *tally.marks])
    return copies.distinct(found, tally.n, tally.truth)


def tail_rates(tally: Tally) -> list[Row]:
    """Share of samples farther than k standard deviations from the nearest mode."""
    return [
        rate("beyond_rate", count, tally.n, beyond(k, tally.dim), threshold=float(k))
        for k, count in tally.beyond.items()
    ]


def mode_metrics(counts: np.ndarray, weights: np.ndarray) -> list[Row]:
    """Modes with a valid sample, and the total variation of the mode weights from the true.

    The floor of the total variation is its expectation for n exact draws, by the
    normal approximation; its error is that of the multinomial counts.

    Args:
        counts: valid samples of each mode: [modes].
        weights: true ones: [modes].
    """
    n = int(counts.sum())
    covered = Row("modes_covered", float((counts > 0).sum()), n, floor=float(len(weights)))
    if n == 0:
        return [covered, Row("mode_weight_tv", np.nan, 0)]
    deviations = counts / n - weights
    variance = weights * (1 - weights) / n
    expected = np.sqrt(2 * variance / np.pi).sum() / 2
    # The absolute deviations are near half-normal and near independent.
    error = 0.5 * np.sqrt(variance.sum() * (1 - 2 / np.pi))
    tv = 0.5 * np.abs(deviations).sum()
    return [covered, estimate("mode_weight_tv", tv, error, n, floor=expected)]


def within_mode_variance_ratio(tally: Tally, radius: float) -> Row:
    """Variance of valid samples about their mode over the true one.

    Both are cut at the radius, so the floor is a little below 1.
    """
    n, dim = tally.labels["valid"], tally.dim
    half = radius**2 / 2
    floor = float(gammainc(dim / 2 + 1, half) / gammainc(dim / 2, half))
    name = "within_mode_variance_ratio"
    if n < 2:
        return Row(name, np.nan, n, floor=floor, threshold=radius)
    square, fourth = (total * UNIT / n for total in tally.squares)
    error = np.sqrt((fourth - square**2) / (n - 1)) / dim
    return estimate(name, square / dim, error, n, floor, threshold=radius)
