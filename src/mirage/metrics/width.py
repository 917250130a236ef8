"""How wide a model draws the modes of a mixture, whatever it draws between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom, chi

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.endpoint import between_neighbours


@dataclass(frozen=True)
class Width:
    """Width of the modes over the true standard deviation, with its 95 % interval."""

    value: float
    low: float
    high: float


def of_distances(distances: np.ndarray, dim: int) -> Width:
    """How wide the modes are, by the median distance.

    The median of a Gaussian's distances over its standard deviation is that of a chi
    distribution. A share b of points far from every mode moves it from the quantile 1/2
    to 1 / (2 - 2b) of the others: the width is never too small, and in two dimensions
    8 % too large for b = 10 %. The interval is that of the median by order statistics.

    Args:
        distances: in true standard deviations: [n], n at least 1.
        dim: number of coordinates that they are taken over.
    """
    n = len(distances)
    ranks = [(n - 1) // 2, int(binom.ppf(0.025, n, 0.5)), int(binom.ppf(0.975, n, 0.5))]
    ranks = np.minimum(ranks, n - 1)
    return Width(*(np.partition(distances, ranks)[ranks] / chi.median(dim)).tolist())


def of_modes(points: np.ndarray, labels: pd.DataFrame, mixture: GaussianMixture) -> Width:
    """How wide the modes are in every direction, or along neighbours' if that is wider.

    Modes that are stretched towards their neighbours look like bridges, and are no wider
    by the distance alone than half of the stretch.

    Args:
        points: [n, d], some of them finite.
        labels: of the points, as `endpoint.label` gives them.
        mixture: that they should follow.
    """
    widths = [of_distances(labels["distance"].to_numpy(), points.shape[1])]
    if points.shape[1] > 1:
        finite = (labels["mode"] >= 0).to_numpy()
        offsets = points[finite] - mixture.means[labels["mode"].to_numpy()[finite]]
        first, second = mixture.means[between_neighbours(mixture).ends.T]
        along = (second - first) / np.linalg.norm(second - first, axis=1, keepdims=True)
        for direction in np.unique(np.round(along, 6), axis=0):
            widths.append(of_distances(np.abs(offsets @ direction) / mixture.std, 1))
    return max(widths, key=lambda width: width.high)
