"""Where a generated point of a mixture ended: by a mode, beside it, on a bridge, or astray.

Two modes are neighbours if no third is nearer to both than they are to each other (the
relative neighbourhood graph, Toussaint 1980): all sides of a lattice and none of its
diagonals, and on a line each mode with the next, however far. Bridges are looked for on the
segments between neighbours, and each segment sets its own measures:

    valid    within the radius of a mode
    widened  beyond it, but nearer to the mode than a quarter of the segment's length
    bridge   beyond that, within an eighth of the length of the segment
    stray    anything else

so that a mode that is merely too wide makes no bridge, and of a segment of any length the
middle half counts. A point's segment is the one at its nearest mode in whose direction it
lies most nearly; of several, the shortest. A bridge of another mode's segment it cannot be, as
no third mode is as near to the middle half of a segment as its ends are.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from mirage.datasets.mixtures import GaussianMixture
from mirage.labels.points import label_points
from mirage.metrics.spacing import SAME, require_spacing

ENDPOINTS = ("valid", "widened", "bridge", "stray")
QUARTER, EIGHTH = 1 / 4, 1 / 8


@dataclass(frozen=True)
class Segments:
    """Segments between modes of a mixture. ends: pairs of modes, int [S, 2]."""

    mixture: GaussianMixture
    ends: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """In standard deviations: [S]."""
        first, second = self.mixture.means[self.ends.T]
        return np.linalg.norm(second - first, axis=1) / self.mixture.std

    @cached_property
    def bearings(self) -> np.ndarray:
        """Angles at which the second end of each is seen from the first: [S]."""
        first, second = self.mixture.means[self.ends.T]
        return bearing(second - first)

    @cached_property
    def of_mode(self) -> np.ndarray:
        """Segments that end at each mode, the shortest first: int [K, most], filled with -1."""
        order = np.argsort(self.lengths, kind="stable")
        own = [order[(self.ends[order] == k).any(1)] for k in range(len(self.mixture.means))]
        filled = np.full((len(own), max(map(len, own))), -1)
        for row, segments in zip(filled, own, strict=True):
            row[: len(segments)] = segments
        return filled

    def seen_from(self, modes: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """The first segment of each of some modes, then the second, and so on.

        Args:
            modes: int [n].

        Returns:
            Pairs of segments, int [n], -1 where a mode has no more, and the angles at which
            they are seen from the mode, [n], NaN there.
        """
        seen = []
        for segments in self.of_mode[modes].T:
            behind = np.pi * (self.ends[segments, 0] != modes)
            seen.append(
                (segments, np.where(segments < 0, np.nan, self.bearings[segments] + behind))
            )
        return seen


def bearing(offsets: np.ndarray) -> np.ndarray:
    """The direction of offsets [n, d], d 1 or 2, as an angle: [n]; on a line 0 or pi."""
    x, y = (*offsets.T, np.zeros(len(offsets)))[:2]
    return np.arctan2(y, x)


def between(angles: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How far apart angles are: in [0, pi]."""
    return np.abs((angles - others + np.pi) % (2 * np.pi) - np.pi)


def between_neighbours(mixture: GaussianMixture) -> Segments:
    """Segments between modes to neither of which a third is nearer than they are to each other."""
    distances = cdist(mixture.means, mixture.means)
    first, second = np.triu_indices(len(distances), 1)
    # The farther of the two, for the third mode that is nearest to both; at most their own.
    third = np.stack([np.maximum(distances[a], distances).min(1) for a in range(len(distances))])
    chosen = third[first, second] >= distances[first, second] * (1 - SAME)
    return Segments(mixture, np.stack([first[chosen], second[chosen]], 1))


def label(points: np.ndarray, mixture: GaussianMixture, radius: float) -> pd.DataFrame:
    """Tell where each point is as seen from its nearest mode, its segment and its label.

    Args:
        points: [n, d], d 1 or 2.
        mixture: that they should follow.
        radius: of a mode, in standard deviations.

    Returns:
        Columns `mode`, `distance` (to that mode, in standard deviations), `angle` (in which
        direction, in radians; on a line 0 or pi), `segment` (of `between_neighbours`; -1 for
        valid points) and `endpoint`, one of ENDPOINTS, as a category. A point that is not
        finite is a stray, at infinite distance from mode -1.

    Raises:
        SpacingError: if the nearest modes are less than four radii apart.
    """
    require_spacing(mixture, radius)
    finite = np.isfinite(points).all(1)
    points = np.where(finite[:, None], points, 0)
    distance, mode = cKDTree(mixture.means).query(points)
    distance = np.where(finite, distance / mixture.std, np.inf)
    angle = np.where(finite, bearing(points - mixture.means[mode]), 0.0)
    segment, endpoint = np.full(len(points), -1), np.where(finite, 0, 3)
    far = np.flatnonzero(finite & (distance > radius))
    segments = between_neighbours(mixture)
    off = np.full(len(far), np.inf)
    for which, seen in segments.seen_from(mode[far]):
        apart = between(angle[far], seen)
        closer = apart < off - SAME
        off[closer], segment[far[closer]] = apart[closer], which[closer]
    length = segments.lengths[segment[far]]
    away = distance[far] * np.sin(np.minimum(off, np.pi / 2))
    kinds = [distance[far] < QUARTER * length, away <= EIGHTH * length]
    endpoint[far] = np.select(kinds, (1, 2), 3)
    return pd.DataFrame(
        {
            "mode": np.where(finite, mode, -1),
            "distance": distance,
            "angle": angle,
            "segment": segment,
            "endpoint": pd.Categorical.from_codes(endpoint, ENDPOINTS),
        }
    )


def label_both(
    points: np.ndarray, mixture: GaussianMixture, radius: float, endpoints: bool = True
) -> pd.DataFrame:
    """The published labels of points, and these beside them where they are asked for.

    Args:
        points: [n, d], d 1 or 2.
        mixture: that they should follow.
        radius: of a mode, in standard deviations.
        endpoints: whether these are asked for.

    Returns:
        Columns `mode`, `distance` and `label` of `label_points`; then `angle`, `segment` and
        `endpoint` of `label`.

    Raises:
        SpacingError: if they are, and the nearest modes are less than four radii apart.
    """
    published = label_points(points, mixture, radius)
    if not endpoints:
        return published
    return published.join(label(points, mixture, radius)[["angle", "segment", "endpoint"]])
