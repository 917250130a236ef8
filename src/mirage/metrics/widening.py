"""What a model that widens the modes, and does no more than that, would show.

Beside each rate stand two floors: that of the true density, and that of the truth blurred
to the model's own width. What lies above the second is more than widening.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.endpoint import ENDPOINTS, QUARTER, between_neighbours, label, require_spacing
from mirage.metrics.rows import rate
from mirage.metrics.width import Width

DIRECTIONS = 200_000
"""From which the floors are found: the relative error of bridges is below half a percent."""


@dataclass(frozen=True)
class Floor:
    """Probability of an endpoint, with the standard error that it is known to."""

    value: float
    error: float


@dataclass(frozen=True)
class Tail:
    """Draws from a mixture with its modes widened, all of them far from their own mode."""

    labels: pd.DataFrame
    """Of `label`, for as many draws of each mode, mode after mode."""
    share: float
    """Probability of a draw as far as these."""
    weights: np.ndarray
    """Of the modes: [K]."""

    def floor(self, chosen: np.ndarray, exact: float = 0.0) -> Floor:
        """Probability of the chosen draws, and of `exact` nearer to the mode than they are."""
        by_mode = chosen.reshape(len(self.weights), -1)
        shares, each = by_mode.mean(1), by_mode.shape[1]
        error = np.sqrt((self.weights**2 * shares * (1 - shares) / each).sum())
        return Floor(float(exact + self.share * (self.weights @ shares)), float(self.share * error))


def tail(
    mixture: GaussianMixture,
    radius: float,
    width: float,
    beyond: float,
    rng: np.random.Generator,
    directions: int = DIRECTIONS,
) -> Tail:
    """Draw what widened modes show beyond some distance from them.

    The distance to the own mode follows a chi distribution: the probability of the tail is
    exact, and distances are spread evenly over it. Directions are drawn at random, which
    gives an error of a share of the tail, however small the tail is.

    Args:
        mixture: of two modes or more, at least four radii apart.
        radius: of a mode, in standard deviations.
        width: of the modes, over the true standard deviation; 1 is the true density.
        beyond: in standard deviations.
        rng: draws the directions.
        directions: of all modes together.

    Raises:
        SpacingError: if the nearest modes are less than four radii apart.
    """
    modes, dim = mixture.means.shape
    share = float(chi.sf(beyond / width, dim))
    each = directions // modes
    spread = (np.arange(each) + 0.5) / each
    # Of two numbers that should be equal, the inverse may give the smaller one.
    distances = np.maximum(width * chi.isf(share * spread, dim), beyond)
    unit = rng.standard_normal((modes, each, dim))
    unit /= np.linalg.norm(unit, axis=-1, keepdims=True)
    points = mixture.means[:, None] + mixture.std * distances[:, None] * unit
    labels = label(points.reshape(-1, dim), mixture, radius)
    return Tail(labels, share, np.exp(mixture.log_weights))


def floors(
    mixture: GaussianMixture,
    radius: float,
    width: float,
    rng: np.random.Generator,
    directions: int = DIRECTIONS,
) -> dict[str, Floor]:
    """Probability of each of ENDPOINTS for the mixture with its modes widened.

    Exact up to a quarter of the shortest segment, and as `tail` beyond; arguments as there.
    """
    require_spacing(mixture, radius)
    quarter = QUARTER * between_neighbours(mixture).lengths.min()
    far = tail(mixture, radius, width, quarter, rng, directions)
    beyond_radius = float(chi.sf(radius / width, mixture.means.shape[1]))
    near = {"valid": 1 - beyond_radius, "widened": beyond_radius - far.share}
    found = far.labels["endpoint"].to_numpy()
    return {name: far.floor(found == name, near.get(name, 0.0)) for name in ENDPOINTS}


def segment_floors(
    mixture: GaussianMixture, radius: float, width: float, rng: np.random.Generator
) -> list[Floor]:
    """Probability of a bridge on each segment for the mixture with its modes widened.

    From the tail beyond each segment's own quarter; arguments as of `tail`.
    """
    found = []
    for segment, length in enumerate(between_neighbours(mixture).lengths):
        far = tail(mixture, radius, width, QUARTER * length, rng, DIRECTIONS // 4)
        on = (far.labels["segment"] == segment) & (far.labels["endpoint"] == "bridge")
        found.append(far.floor(on.to_numpy()))
    return found


def rates(
    hits: Mapping[str, int],
    width: Width,
    mixture: GaussianMixture,
    radius: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The share of each endpoint beside both floors.

    Args:
        hits: samples of each endpoint, of all of which the rates are shares.
        width: of the model's own modes.
        mixture: that the samples should follow.
        radius: of a mode, in standard deviations.
        rng: for the floors.

    Returns:
        A row for each endpoint: `hits` of `n`, their share `value` with its Wilson interval
        `low`, `high`; `floor` of the true density, `blurred` that of the truth blurred to
        the width, `blurred_high` to the upper end of its interval (what a test should
        use), `blurred_error` the standard error by which `blurred` is known; `excess` over
        `blurred`, and `width`.
    """
    n = sum(hits.values())
    true, blurred, high = (floors(mixture, radius, w, rng) for w in (1.0, width.value, width.high))
    rows = []
    for name in ENDPOINTS:
        share = rate(name, hits.get(name, 0), n)
        rows.append(
            {
                "endpoint": name,
                "hits": int(hits.get(name, 0)),
                "n": n,
                "value": share.value,
                "low": share.low,
                "high": share.high,
                "floor": true[name].value,
                "blurred": blurred[name].value,
                "blurred_high": high[name].value,
                "blurred_error": blurred[name].error,
                "excess": share.value - blurred[name].value,
                "width": width.value,
            }
        )
    return pd.DataFrame(rows)
