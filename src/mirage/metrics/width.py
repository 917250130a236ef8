"""How wide a model draws the modes of a mixture, whatever it draws between them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom, chi

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.endpoint import between_neighbours

FAR = 1e5
"""Standard deviations: what is farther is nowhere."""


@dataclass(frozen=True)
class Width:
    """Widths of modes over the true standard deviation, with their 95 % intervals: [...] each."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def of_distances(distances: np.ndarray, groups: np.ndarray, number: int, dim: int) -> Width:
    """How wide groups of points are, each by its median distance.

    The median of a Gaussian's distances over its standard deviation is that of a chi
    distribution. A share b of points far from every mode moves it from the quantile 1/2
    to 1 / (2 - 2b) of the others: the width is never too small, and in two dimensions
    8 % too large for b = 10 %. The interval is that of the median by order statistics.

    Args:
        distances: in true standard deviations: [n].
        groups: of the points: int [n].
        number: of groups.
        dim: number of coordinates that the distances are taken over.

    Returns:
        The width of each group, NaN of an empty one: [number].
    """
    counts = np.bincount(groups, minlength=number)
    # One sort for all groups, which stand FAR apart: digits enough for thousands of them.
    ordered = np.append(np.sort(np.minimum(distances, FAR) + 2 * FAR * groups), np.nan)
    starts = np.cumsum(counts) - counts
    ends = []
    sizes, which = np.unique(counts, return_inverse=True)
    low, high = (binom.ppf(p, sizes, 0.5)[which] for p in (0.025, 0.975))
    for rank in ((counts - 1) // 2, low, high):
        within = np.clip(np.nan_to_num(rank), 0, np.maximum(counts - 1, 0)).astype(int)
        found = ordered[starts + within] - 2 * FAR * np.arange(number)
        found = np.where(found < FAR, found, np.inf)
        ends.append(np.where(counts > 0, found, np.nan) / chi.median(dim))
    return Width(*ends)


def of_modes(labels: pd.DataFrame, mixture: GaussianMixture, models: int = 1) -> Width:
    """How wide the modes are in every direction, or along neighbours' if that is wider.

    Modes that are stretched towards their neighbours look like bridges, and are no wider
    by the distance alone than half of the stretch.

    Args:
        labels: columns `mode`, `distance` and `angle`, as `endpoint.label` gives them; there
            is one at least.
        mixture: that the points should follow.
        models: whose points, as many of each, stand one after the other.

    Returns:
        Of each model: [models].
    """
    return _widest(labels, mixture, _model(labels, models), models)


def of_each_mode(labels: pd.DataFrame, mixture: GaussianMixture, models: int = 1) -> Width:
    """How wide each mode is by itself: [models, K], NaN without a point; else as `of_modes`."""
    modes, placed = len(mixture.means), (labels["mode"] >= 0).to_numpy()
    groups = _model(labels, models)[placed] * modes + labels["mode"].to_numpy()[placed]
    found = _widest(labels[placed], mixture, groups, models * modes)
    return Width(*(end.reshape(models, modes) for end in (found.value, found.low, found.high)))


def of_blur(labels: pd.DataFrame, mixture: GaussianMixture, models: int = 1) -> np.ndarray:
    """Widths to which the truth is blurred, so that it has no fewer bridges by its modes alone.

    The upper end of the width of all modes, as the tail of a Gaussian tells small errors of
    its width apart by factors; of a mode that is wider still, its own.

    Args:
        labels, mixture, models: as of `of_modes`.

    Returns:
        Of each mode of each model: [models, K].
    """
    own = of_each_mode(labels, mixture, models).value
    return np.fmax(own, of_modes(labels, mixture, models).high[:, None])


def _model(labels: pd.DataFrame, models: int) -> np.ndarray:
    """Which model each point is of: int [n]."""
    return np.arange(len(labels)) // (len(labels) // models)


def _widest(
    labels: pd.DataFrame, mixture: GaussianMixture, groups: np.ndarray, number: int
) -> Width:
    """Width of each group of points in the direction in which it is widest: [number]."""
    distance, angle = labels["distance"].to_numpy(), labels["angle"].to_numpy()
    dim = mixture.means.shape[1]
    widths = [of_distances(distance, groups, number, dim)]
    if dim > 1:
        near = np.minimum(distance, FAR)
        for direction in np.unique(np.round(between_neighbours(mixture).bearings % np.pi, 6)):
            along = np.where(near < FAR, near * np.abs(np.cos(angle - direction)), np.inf)
            widths.append(of_distances(along, groups, number, 1))
    ends = [np.stack([getattr(width, k) for width in widths]) for k in ("value", "low", "high")]
    widest = np.nan_to_num(ends[2], nan=-1).argmax(0)[None]
    return Width(*(np.take_along_axis(end, widest, 0)[0] for end in ends))
