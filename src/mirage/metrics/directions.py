"""Whether hallucinations lie in a direction, or only at a distance.

The null is the model itself with its directions taken away: each hallucination is turned
about its own nearest mode. It keeps how far the model strays, whatever the reason, and loses
where to. Points nearer to their mode than half the spacing are looked at, as a turn leaves
those with the same nearest mode.

In the plane a point is turned by all multiples of five degrees. If directions are random, it
is as likely at one of these places as at another, so its chance to be a hit is the share of
them that are: exactly, as in any permutation test over a group. Only the convex hull of the
modes is looked at, and turned within: noise that is the same everywhere between the modes lies
inwards of the outer ones, where all their segments are, and would pass for a direction (14 %
more on segments of a 5 x 5 lattice than turns without the hull give).

On a line a turn is a change of sign. What lies inwards of the two outer modes is held against
all that lies outwards, however far, so that a heavy tail of the modes beyond, which reaches
inwards, is allowed for.

Tails that point at the neighbours have a direction without a bridge: see `mirrors`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import ConvexHull

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.bridges import pairs
from mirage.metrics.endpoint import EIGHTH, QUARTER, Segments, between_neighbours
from mirage.metrics.spacing import SAME

TURNS = 72
SIXTEENTH = 1 / 16
AT_ONCE = 20_000
"""Points that are turned at a time."""


@dataclass(frozen=True)
class Looks:
    """Points that are looked at: their rows, whether each is a hit, and its chance to be one."""

    rows: np.ndarray
    hit: np.ndarray
    """Or how many hits it stands for."""
    chance: np.ndarray
    weight: np.ndarray | None = None
    """How many of the points looked at each stands for; none for one each."""

    def counts(self, models: int = 1, of: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        """Hits, points looked at, and hits expected by chance.

        Args:
            models: whose points they are.
            of: the model of each point, seen or not: int [n]; for one model not needed.

        Returns:
            Three arrays with one number a model: whole hits, rounded down, of whole points,
            rounded up, and the third.
        """
        model = np.zeros(len(self.rows), int) if of is None else of[self.rows]
        weight = np.ones(len(model)) if self.weight is None else self.weight
        weights = (self.hit, weight, self.chance)
        hits, looked, chance = (np.bincount(model, weight, minlength=models) for weight in weights)
        return np.floor(hits + SAME), np.ceil(looked - SAME), chance


def to_neighbours(labels: pd.DataFrame, mixture: GaussianMixture) -> Looks:
    """Bridges among the points, against random directions; on a line, points that lie inwards.

    Points between a quarter and half of the spacing from their mode are looked at: nearer ones
    are no bridge wherever they are turned to, so they would only dilute.

    Args:
        labels: of the points, as `endpoint.label` gives them.
        mixture: that they should follow.
    """
    if mixture.means.shape[1] == 1:
        return _inwards(labels, mixture)
    return _turn(labels, mixture, between_neighbours(mixture), EIGHTH)


def to_second_neighbours(labels: pd.DataFrame, mixture: GaussianMixture) -> Looks:
    """Points along segments between second neighbours, against random directions.

    On the rotated grid these segments run along the axes, on the other one along diagonals.
    Bridges between neighbours have no part in it, neither among the points nor among the
    directions that they are turned to: that there are many of those does not make this rare.
    Along a segment is beyond a quarter of its length and within a sixteenth of it; a wider
    strip would leave hardly a direction that is in neither.

    Args:
        labels: of the points, as `endpoint.label` gives them.
        mixture: a lattice, whose second neighbours are all equally far.
    """
    second = Segments(mixture, pairs(mixture, shell=1))
    return _turn(labels, mixture, second, SIXTEENTH, without=between_neighbours(mixture))


def _inwards(labels: pd.DataFrame, mixture: GaussianMixture) -> Looks:
    """Inwards of the outer modes between a quarter and half the spacing; outwards beyond it.

    The modes between have neighbours on both sides, so that they tell nothing.
    """
    modes, distance = labels["mode"].to_numpy(), labels["distance"].to_numpy()
    spacing, x = mixture.spacing / mixture.std, mixture.means[:, 0]
    outwards = np.zeros(len(x))
    outwards[x.argmin()], outwards[x.argmax()] = -1, 1
    out = np.cos(labels["angle"].to_numpy()) * outwards[modes]  # 0 of modes between
    seen = np.isfinite(distance) & (distance >= QUARTER * spacing)
    seen &= (out > 0) | ((out < 0) & (distance < spacing / 2))
    rows = np.flatnonzero(seen)
    return Looks(rows, out[rows] < 0, np.full(len(rows), 0.5))


def _turn(
    labels: pd.DataFrame,
    mixture: GaussianMixture,
    segments: Segments,
    share: float,
    without: Segments | None = None,
) -> Looks:
    """Points within a share of a segment's length of it, against the same points turned.

    Places outside the hull do not count, nor those along the segments `without`.
    """
    spacing, distance = mixture.spacing / mixture.std, labels["distance"].to_numpy()
    least = QUARTER * segments.lengths.min()
    rows = np.flatnonzero((distance >= least) & (distance < spacing / 2))
    parts = [Looks(rows[:0], np.zeros(0, bool), np.zeros(0))]
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        mode, r, angle = (labels[k].to_numpy()[some] for k in ("mode", "distance", "angle"))
        turned = angle[:, None] + 2 * np.pi * np.arange(TURNS) / TURNS  # the first is the point's
        counts = ~outside(mode, r, turned, mixture)
        if without is not None:
            counts &= ~along(mode, r, turned, without, EIGHTH)
        hits = counts & along(mode, r, turned, segments, share)
        own = counts[:, 0]
        chance = hits[own].sum(1) / counts[own].sum(1)
        parts.append(Looks(some[own], hits[own, 0], chance))
    return Looks(
        *(np.concatenate([getattr(p, k) for p in parts]) for k in ("rows", "hit", "chance"))
    )


def outside(
    mode: np.ndarray, r: np.ndarray, angles: np.ndarray, mixture: GaussianMixture
) -> np.ndarray:
    """Whether places seen from modes are outside the convex hull of all modes: [n, turns].

    None are where the modes stand in one line, whose hull has no inside.
    """
    found, slack = np.zeros(angles.shape, bool), SAME * mixture.spacing
    if np.linalg.matrix_rank(mixture.means - mixture.means[0]) < 2:
        return found
    for *normal, offset in ConvexHull(mixture.means).equations:
        level = mixture.means[mode] @ normal + offset  # how far the mode itself is inside
        reach = mixture.std * r[:, None] * np.cos(angles - np.arctan2(*normal[::-1]))
        found |= level[:, None] + reach > slack
    return found


def along(
    mode: np.ndarray, r: np.ndarray, angles: np.ndarray, segments: Segments, share: float
) -> np.ndarray:
    """Whether places are within a share of a segment of it, past its quarter: [n, turns]."""
    found = np.zeros(angles.shape, bool)
    for which, seen in segments.seen_from(mode):
        length = segments.lengths[which]
        strip = np.arcsin(np.minimum(share * length / r, 1))  # half of what it takes up in view
        past = r >= QUARTER * length
        found |= past[:, None] & (np.cos(angles - seen[:, None]) >= np.cos(strip)[:, None])
    return found
