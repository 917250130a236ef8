"""Counts of samples in fixed bins, along one axis."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mirage.datasets.mixtures import GaussianMixture

BINS_PER_STD = 5
MARGIN = 10
"""Standard deviations counted beyond the outer modes."""


def histogram(parts: Iterable[np.ndarray], mixture: GaussianMixture) -> pd.DataFrame:
    """Count points in bins of a fifth of a standard deviation.

    Args:
        parts: the points, in parts of [n, 1].

    Returns:
        Columns `left`, `right`, `count`, `density` (per unit of x, over all points)
        and `true_density`, the mean of the exact density over the bin.
    """
    low = mixture.means.min() - MARGIN * mixture.std
    high = mixture.means.max() + MARGIN * mixture.std
    bins = int(np.ceil((high - low) / mixture.std * BINS_PER_STD))
    edges = np.linspace(low, high, bins + 1)
    count, n = np.zeros(bins, np.int64), 0
    for points in parts:
        count += np.histogram(points, bins, (low, high))[0]
        n += len(points)
    width = edges[1] - edges[0]
    inside = edges[:-1, None] + width * (np.arange(8) + 0.5) / 8
    density = np.exp(mixture.log_prob(inside.reshape(-1, 1))).reshape(inside.shape).mean(1)
    return pd.DataFrame(
        {
            "left": edges[:-1],
            "right": edges[1:],
            "count": count,
            "density": count / (n * width),
            "true_density": density,
        }
    )


def marginals(points: np.ndarray, mixture: GaussianMixture) -> pd.DataFrame:
    """Count points along each of their coordinates, beside the true marginal density.

    Args:
        points: [n, d].
        mixture: that they should follow.

    Returns:
        Columns `coordinate`, `left`, `right`, `count`, `n` (all points, those beyond the bins
        too) and `true_density`.
    """
    parts = []
    for coordinate, along in enumerate(mixture.means.T):
        alone = GaussianMixture(along[:, None], mixture.std, mixture.imbalance)
        table = histogram([points[:, [coordinate]]], alone).drop(columns="density")
        table.insert(0, "coordinate", coordinate)
        table.insert(4, "n", len(points))
        parts.append(table)
    return pd.concat(parts, ignore_index=True)
