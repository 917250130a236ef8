"""How wide a model draws the modes of a mixture, whatever it draws between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom, chi

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.endpoint import between_neighbours


@dataclass(frozen=True)
class Width:
    """Width of the modes over the true standard deviation, with its 95 % interval.

    Numbers, or arrays with one for each of several models.
    """

    value: np.ndarray | float
    low: np.ndarray | float
    high: np.ndarray | float


def of_distances(distances: np.ndarray, dim: int) -> Width:
    """How wide the modes are, by the median distance.

    The median of a Gaussian's distances over its standard deviation is that of a chi
    distribution. A share b of points far from every mode moves it from the quantile 1/2
    to 1 / (2 - 2b) of the others: the width is never too small, and in two dimensions
    8 % too large for b = 10 %. The interval is that of the median by order statistics.

    Args:
        distances: in true standard deviations: [..., n], n at least 1.
        dim: number of coordinates that they are taken over.
    """
    n = distances.shape[-1]
    ranks = [(n - 1) // 2, int(binom.ppf(0.025, n, 0.5)), int(binom.ppf(0.975, n, 0.5))]
    ranks = np.minimum(ranks, n - 1)
    ordered = np.partition(distances, np.unique(ranks), axis=-1)
    return Width(*(ordered[..., rank] / chi.median(dim) for rank in ranks))


def of_modes(labels: pd.DataFrame, mixture: GaussianMixture, models: int | None = None) -> Width:
    """How wide the modes are in every direction, or along neighbours' if that is wider.

    Modes that are stretched towards their neighbours look like bridges, and are no wider
    by the distance alone than half of the stretch.

    Args:
        labels: columns `distance` and `angle`, as `endpoint.label` gives them.
        mixture: that the points should follow.
        models: whose points, as many of each, stand one after the other; None for one.
    """
    shape = (-1,) if models is None else (models, -1)
    distance, angle = (labels[name].to_numpy().reshape(shape) for name in ("distance", "angle"))
    dim = mixture.means.shape[1]
    widths = [of_distances(distance, dim)]
    if dim > 1:
        for direction in np.unique(np.round(between_neighbours(mixture).bearings % np.pi, 6)):
            along = np.abs(np.cos(angle - direction))
            far = np.isinf(distance)  # not finite, and in no direction
            widths.append(of_distances(np.where(far, np.inf, distance * along), 1))
    values, lows, highs = (
        np.stack([getattr(w, k) for w in widths]) for k in ("value", "low", "high")
    )
    widest = highs.argmax(0)[None]
    return Width(*(np.take_along_axis(x, widest, 0)[0] for x in (values, lows, highs)))
