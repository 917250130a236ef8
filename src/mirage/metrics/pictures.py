"""How far generated pictures are from real ones, in a network's features.

The floor of a distance is what held-out real pictures score in the place of
generated ones; that of a class's share is a tenth, the classes being balanced.
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

from mirage.metrics.rows import Row, estimate, rate

NEIGHBOURS = 3
RESAMPLES = 50


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
        rng: for the bootstrap of the FID and for cutting real pictures to equal number.
        network: whose features these are.
    """
    distances = [
        fid_row(features, real, heldout, rng),
        *precision_recall_rows(features, real, heldout, rng),
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


def fid_row(
    features: np.ndarray, real: np.ndarray, heldout: np.ndarray, rng: np.random.Generator
) -> Row:
    """Frechet distance to the training pictures, with a bootstrap error over samples."""

    def resampled(rows: np.ndarray) -> float:
        return frechet_distance(features[rows], real)

    error = bootstrap(
        (np.arange(len(features)),),
        resampled,
        n_resamples=RESAMPLES,
        vectorized=False,
        method="basic",
        rng=rng,
    ).standard_error
    floor = frechet_distance(heldout, real)
    return estimate("fid", frechet_distance(features, real), error, len(features), floor=floor)


def precision_recall_rows(
    features: np.ndarray, real: np.ndarray, heldout: np.ndarray, rng: np.random.Generator
) -> list[Row]:
    """Improved precision and recall (Kynkaanniemi et al. 2019) with 3 neighbours.

    As many real pictures are compared as were generated, where there are as many.
    """
    real = rng.permutation(real)[: len(features)]
    heldout_against = real[: len(heldout)]
    rows = []
    for metric, of, among, floor in (
        ("precision", features, real, _within(heldout, heldout_against)),
        ("recall", real, features, _within(heldout_against, heldout)),
    ):
        inside = _within(of, among)
        rows.append(rate(metric, inside.sum(), len(inside), floor=float(floor.mean())))
    return rows


def class_shares(scores: pd.DataFrame) -> list[Row]:
    """The share of each predicted class."""
    counts = scores["predicted_class"].value_counts()
    return [
        rate("class_share", counts.get(digit, 0), len(scores), 0.1, predicted_class=digit)
        for digit in range(10)
    ]


def nearest_distances(features: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Distance from each row of features to its nearest neighbour in real: [n]."""
    return NearestNeighbors(n_neighbors=1).fit(real).kneighbors(features)[0][:, 0]


def _within(points: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Whether each point lies in a ball of `among`, reaching to its 3rd neighbour: bool [n]."""
    tree = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(among)
    reach = tree.kneighbors(among)[0][:, -1]
    inside = np.zeros(len(points), bool)
    for start in range(0, len(points), 500):
        gaps = cdist(points[start : start + 500], among)
        inside[start : start + 500] = (gaps <= reach).any(1)
    return inside


class _Features(nn.Module):
    """Hands features to torchmetrics in the place of pictures."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.num_features = size

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features
