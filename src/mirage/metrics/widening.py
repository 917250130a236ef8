"""What a model that widens the modes, and does no more than that, would show.

Beside each rate stand two floors: that of the true density, and that of the truth blurred
to the model's own width. What lies above the second is more than widening.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.endpoint import ENDPOINTS, QUARTER, between_neighbours, label
from mirage.metrics.spacing import require_spacing

DRAWS = 4_000
"""Of each mode, spread evenly: floors of bridges are found to one percent of themselves."""
GOLDEN = (5**0.5 - 1) / 2


def floors(
    mixture: GaussianMixture, radius: float, width: ArrayLike, draws: int = DRAWS
) -> dict[str, float]:
    """Probability of each of ENDPOINTS for the mixture with its modes widened.

    Exact up to a quarter of the shortest segment, and as `_tail` beyond.

    Args:
        mixture: of two modes or more, at least four radii apart.
        radius: of a mode, in standard deviations.
        width: of all modes or of each [K], over the true standard deviation; 1 is the true
            density.
        draws: of each mode.

    Raises:
        SpacingError: if the nearest modes are less than four radii apart.
    """
    by_mode = mode_floors(mixture, radius, width, draws)
    return {name: float(np.exp(mixture.log_weights) @ of) for name, of in by_mode.items()}


def mode_floors(
    mixture: GaussianMixture, radius: float, width: ArrayLike, draws: int = DRAWS
) -> dict[str, np.ndarray]:
    """Probability of each of ENDPOINTS for draws of each mode: [K] each; else as `floors`."""
    require_spacing(mixture, radius)
    quarter = QUARTER * between_neighbours(mixture).lengths.min()
    labels, share = _tail(mixture, radius, width, quarter, draws)
    beyond = chi.sf(radius / np.asarray(width), mixture.means.shape[1])
    near = {"valid": 1 - beyond, "widened": beyond - share}
    return {
        name: near.get(name, 0.0) + share * _by_mode(labels["endpoint"] == name, mixture)
        for name in ENDPOINTS
    }


def segment_floors(mixture: GaussianMixture, radius: float, width: ArrayLike) -> list[float]:
    """Probability of a bridge on each segment for the mixture with its modes widened.

    From the tail beyond each segment's own quarter; arguments as of `floors`.
    """
    found = []
    for segment, length in enumerate(between_neighbours(mixture).lengths):
        labels, share = _tail(mixture, radius, width, QUARTER * length, DRAWS)
        on = (labels["segment"] == segment) & (labels["endpoint"] == "bridge")
        found.append(float(np.exp(mixture.log_weights) @ (share * _by_mode(on, mixture))))
    return found


def _tail(
    mixture: GaussianMixture, radius: float, width: ArrayLike, beyond: float, draws: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """What widened modes show beyond some distance from them, and its probability.

    The distance to the own mode follows a chi distribution, so that the probability of the
    tail is exact however small it is. Within it, quantiles of the distance and directions are
    taken evenly together (a rank-1 lattice by the golden ratio), on a line from both sides.

    Returns:
        Of `label`, as many draws of each mode, mode after mode, and the tail's probability
        for each mode: [K].
    """
    modes, dim = mixture.means.shape
    # Most modes are as wide as each other, and the inverse takes long.
    widths, which = np.unique(np.broadcast_to(width, modes), return_inverse=True)
    share = chi.sf(beyond / widths, dim)[:, None]
    index = np.arange(draws)
    far = widths[:, None] * chi.isf(share * (index + 0.5) / draws, dim)
    # Of two numbers that should be equal, the inverse may give the smaller one.
    distances = np.maximum(far, beyond)[which]
    angles = np.pi * index if dim == 1 else 2 * np.pi * GOLDEN * index
    directions = np.stack([np.cos(angles), np.sin(angles)], 1)[:, :dim]
    offsets = mixture.std * distances[..., None] * directions  # [K, draws, d]
    points = (mixture.means[:, None] + offsets).reshape(modes * draws, dim)
    return label(points, mixture, radius), share[which, 0]


def _by_mode(chosen: pd.Series, mixture: GaussianMixture) -> np.ndarray:
    """Share of the chosen among as many draws of each mode: [K]."""
    return chosen.to_numpy().reshape(len(mixture.means), -1).mean(1)
