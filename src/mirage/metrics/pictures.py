"""How far generated pictures are from real ones, in a network's features.

The floor of a distance is what held-out real pictures score in the place of
generated ones; that of a class's share is a tenth, the classes being balanced. Both are taken
at the same number of pictures, that of the held-out ones where as many were generated:
all these measures depend on it.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from scipy.spatial.distance import cdist
from scipy.stats import bootstrap
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from mirage.metrics.mixture import mode_metrics
from mirage.metrics.rows import NORMAL_QUANTILE, Row, estimate, rate

NEIGHBOURS = 3
"""Of precision and recall, as published."""
COVERED = 5
"""Neighbours of coverage: that of one distribution by itself is then 1 - 2^-5, about 97 %."""
RESAMPLES = 50
PARTS = 4
"""A distance is the mean over so many parts of the generated pictures, where there are as many."""
CLASSES = 10


def measure(
    scores: pd.DataFrame,
    features: np.ndarray,
    real: np.ndarray,
    heldout: np.ndarray,
    rng: np.random.Generator,
    network: str,
) -> list[Row]:
    """All metrics of a generation of pictures.

    Args:
        scores: columns `predicted_class` and `confidence`, where classes are known;
            without them, what they would be measured for is left out.
        features: of the generated pictures: float32 [n, features].
        real, heldout: of the real training and held-out pictures.
        rng: for the bootstrap of the FID.
        network: whose features these are.
    """
    distances = [
        *fid_rows(features, real, heldout, rng),
        *neighbour_rows(features, real, heldout),
    ]
    rows = [replace(row, network=network) for row in distances]
    if "predicted_class" not in scores:
        return rows
    confidence = scores["confidence"]
    return [
        *rows,
        *class_shares(scores),
        estimate("mean_confidence", confidence.mean(), confidence.sem(), len(scores)),
    ]


def frechet_distance(features: np.ndarray, real: np.ndarray) -> float:
    """Frechet distance of two sets of features (Heusel et al. 2017, equation 6)."""
    distance = FrechetInceptionDistance(_Features(real.shape[1]))
    distance.update(torch.from_numpy(real).double(), real=True)
    distance.update(torch.from_numpy(features).double(), real=False)
    return distance.compute().item()


def fid_rows(
    features: np.ndarray, real: np.ndarray, heldout: np.ndarray, rng: np.random.Generator
) -> list[Row]:
    """Frechet distance to the training pictures, and that over its floor, at equal number.

    Errors are those of a bootstrap over pictures: of the generated ones, and for the ratio of
    the held-out ones too, there on the log scale: a floor of 1,000 digits is known to a third.
    """
    n = min(len(features), len(heldout))
    compared = features[: n * min(PARTS, len(features) // n)]
    (value, error), (floor, floor_error) = (
        _distance_in_parts(pictures, real, n, rng) for pictures in (compared, heldout[:n])
    )
    over, reach = np.nan, np.nan
    if value > 0 and floor > 0:
        over = value / floor
        reach = float(np.exp(NORMAL_QUANTILE * np.hypot(error / value, floor_error / floor)))
    return [
        estimate("fid", value, error, n, floor=floor),
        Row("fid_over_floor", over, n, over / reach, over * reach, floor=1.0),
    ]


def _distance_in_parts(
    features: np.ndarray, real: np.ndarray, n: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Mean distance of parts of n pictures each, and its bootstrap error."""

    def mean(rows: np.ndarray) -> float:
        parts = features[rows].reshape(-1, n, features.shape[1])
        return float(np.mean([frechet_distance(part, real) for part in parts]))

    rows = np.arange(len(features))
    drawn = bootstrap(
        (rows,), mean, n_resamples=RESAMPLES, vectorized=False, method="basic", rng=rng
    )
    return mean(rows), float(drawn.standard_error)


def neighbour_rows(features: np.ndarray, real: np.ndarray, heldout: np.ndarray) -> list[Row]:
    """Precision and recall (Kynkaanniemi et al. 2019), and coverage (Naeem et al. 2020).

    Precision is the share of generated pictures among real ones, recall that of real ones
    among generated ones, by balls that reach to the 3rd neighbour; coverage the share of
    real pictures with a generated one in their own ball, to the 5th. As many of each kind are
    compared.
    """
    n = min(len(features), len(heldout), len(real))
    # The same real pictures for every generation, that a floor be one number.
    real = np.random.default_rng(0).permutation(real)[:n]
    features, heldout = features[:n], heldout[:n]
    rows = []
    for metric, inside, floor in (
        ("precision", _within(features, real), _within(heldout, real)),
        ("recall", _within(real, features), _within(real, heldout)),
        ("coverage", _covered(real, features), _covered(real, heldout)),
    ):
        rows.append(rate(metric, inside.sum(), n, floor=float(floor.mean())))
    return rows


def class_shares(scores: pd.DataFrame) -> list[Row]:
    """The share of each predicted class, and how many there are and how unequal they are."""
    counts = np.bincount(scores["predicted_class"], minlength=CLASSES)
    equal = np.full(CLASSES, 1 / CLASSES)
    return [
        *(
            rate("class_share", count, len(scores), equal[digit], predicted_class=digit)
            for digit, count in enumerate(counts)
        ),
        *mode_metrics(counts, equal),
    ]


def nearest_distances(features: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Distance from each row of features to its nearest neighbour in real: [n]."""
    return NearestNeighbors(n_neighbors=1).fit(real).kneighbors(features)[0][:, 0]


def _within(points: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Whether each point lies in a ball of `among`, reaching to its 3rd neighbour: bool [n]."""
    reach = _reach(among, NEIGHBOURS)
    inside = np.zeros(len(points), bool)
    for start in range(0, len(points), 500):
        gaps = cdist(points[start : start + 500], among)
        inside[start : start + 500] = (gaps <= reach).any(1)
    return inside


def _covered(points: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Whether one of `by` lies in the ball of each point, to its 5th neighbour: bool [n]."""
    return nearest_distances(points, by) <= _reach(points, COVERED)


def _reach(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Distance of each point to a neighbour of its own kind, the last where they are few: [n]."""
    count = min(neighbours + 1, len(points))
    return NearestNeighbors(n_neighbors=count).fit(points).kneighbors(points)[0][:, -1]


class _Features(nn.Module):
    """Hands features to torchmetrics in the place of pictures."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.num_features = size

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features
