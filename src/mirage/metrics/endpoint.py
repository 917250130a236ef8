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
middle half counts. A point's segment is the nearest of those that end at its nearest mode;
of several that are equally near, the shortest. A bridge of another segment it cannot be, as
no third mode is as near to the middle half of a segment as its ends are.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.rows import rate

ENDPOINTS = ("valid", "widened", "bridge", "stray")
QUARTER, EIGHTH = 1 / 4, 1 / 8
LEAST_SPACING = 4.0
"""In radii, between the nearest modes: with less, the quarter would lie within the radius."""
SAME = 1e-9
"""Distances that differ by a smaller share are equal."""


class SpacingError(ValueError):
    """Modes so close that bridges cannot be told from the modes themselves."""


def require_spacing(mixture: GaussianMixture, radius: float) -> None:
    """Refuse a mixture whose modes are too close for these labels.

    Args:
        mixture: of two modes or more.
        radius: of a mode, in standard deviations.

    Raises:
        SpacingError: if the nearest modes are less than four radii apart.
    """
    spacing, least = mixture.spacing / mixture.std, LEAST_SPACING * radius
    if spacing < least * (1 - SAME):
        raise SpacingError(
            f"modes {spacing:g} std apart are too close to tell bridges at a radius of"
            f" {radius:g} std: it takes {least:g} std"
        )


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
    def of_mode(self) -> np.ndarray:
        """Segments that end at each mode, the shortest first: int [K, most], filled with -1."""
        order = np.argsort(self.lengths, kind="stable")
        own = [order[(self.ends[order] == k).any(1)] for k in range(len(self.mixture.means))]
        filled = np.full((len(own), max(map(len, own))), -1)
        for row, segments in zip(filled, own, strict=True):
            row[: len(segments)] = segments
        return filled

    def nearest(self, points: np.ndarray, modes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The nearest of the segments that end at each point's mode, and how far it is.

        Args:
            points: [n, d].
            modes: the nearest mode of each: int [n].

        Returns:
            Segments, int [n], -1 where the mode has none, and distances in standard
            deviations, [n], infinite there.
        """
        which, best = np.full(len(points), -1), np.full(len(points), np.inf)
        offsets = points - self.mixture.means[modes]
        for segments in self.of_mode[modes].T:
            ends = self.ends[segments]
            others = np.where(ends[:, 0] == modes, ends[:, 1], ends[:, 0])
            along = self.mixture.means[others] - self.mixture.means[modes]
            squared = np.einsum("nd,nd->n", along, along)
            share = np.clip(np.einsum("nd,nd->n", offsets, along) / squared, 0, 1)
            distance = np.linalg.norm(offsets - share[:, None] * along, axis=1) / self.mixture.std
            closer = (segments >= 0) & (distance < best * (1 - SAME))
            which[closer], best[closer] = segments[closer], distance[closer]
        return which, best


def between_neighbours(mixture: GaussianMixture) -> Segments:
    """Segments between modes to neither of which a third is nearer than they are to each other."""
    distances = cdist(mixture.means, mixture.means)
    first, second = np.triu_indices(len(distances), 1)
    # The farther of the two, for the third mode that is nearest to both; at most their own.
    third = np.stack([np.maximum(distances[a], distances).min(1) for a in range(len(distances))])
    chosen = third[first, second] >= distances[first, second] * (1 - SAME)
    return Segments(mixture, np.stack([first[chosen], second[chosen]], 1))


def label(points: np.ndarray, mixture: GaussianMixture, radius: float) -> pd.DataFrame:
    """Tell each point's nearest mode, its distance, its segment and its label.

    Args:
        points: [n, d].
        mixture: that they should follow.
        radius: of a mode, in standard deviations.

    Returns:
        Columns `mode`, `distance` (to that mode, in standard deviations), `segment` (of
        `between_neighbours`; -1 for valid points) and `endpoint`, one of ENDPOINTS. A point
        that is not finite is a stray, at infinite distance from mode -1.

    Raises:
        SpacingError: if the nearest modes are less than four radii apart.
    """
    require_spacing(mixture, radius)
    finite = np.isfinite(points).all(1)
    points = np.where(finite[:, None], points, 0)
    distance, mode = cKDTree(mixture.means).query(points)
    distance = np.where(finite, distance / mixture.std, np.inf)
    mode = np.where(finite, mode, -1)
    segment, endpoint = np.full(len(points), -1), np.full(len(points), ENDPOINTS[0], dtype=object)
    endpoint[~finite] = ENDPOINTS[3]
    far = np.flatnonzero(finite & (distance > radius))
    segments = between_neighbours(mixture)
    segment[far], away = segments.nearest(points[far], mode[far])
    length = segments.lengths[segment[far]]
    kinds = [distance[far] < QUARTER * length, away <= EIGHTH * length]
    endpoint[far] = np.select(kinds, ENDPOINTS[1:3], ENDPOINTS[3])
    return pd.DataFrame(
        {"mode": mode, "distance": distance, "segment": segment, "endpoint": endpoint}
    )


def by_segment(labels: pd.DataFrame, segments: Segments) -> pd.DataFrame:
    """The rate of bridges on each segment, and for each standard deviation of its length.

    Args:
        labels: as `label` gives them.
        segments: between neighbours of the same mixture.

    Returns:
        A row a segment: `first` and `second` mode, `length` (in standard deviations),
        `bridges` of `n` samples, their share `value` with its Wilson interval `low`, `high`,
        and `per_std`, the share over the length that counts, half of the segment.
    """
    bridges = labels.loc[labels["endpoint"] == "bridge", "segment"]
    counts = np.bincount(bridges, minlength=len(segments.ends))
    rows = []
    for (first, second), length, hits in zip(segments.ends, segments.lengths, counts, strict=True):
        share = rate("bridge_rate", hits, len(labels))
        rows.append(
            {
                "first": int(first),
                "second": int(second),
                "length": float(length),
                "bridges": int(hits),
                "n": len(labels),
                "value": share.value,
                "low": share.low,
                "high": share.high,
                "per_std": share.value / (length * (1 - 2 * QUARTER)),
            }
        )
    return pd.DataFrame(rows)
