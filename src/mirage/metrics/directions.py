"""Whether hallucinations lie in a direction, or only at a distance.

The null is the model itself with its directions taken away: each hallucination is turned
about its own nearest mode by a random angle, in one dimension to either side. It keeps how
far the model strays, whatever the reason, and loses where to. Points nearer to their mode
than half the spacing are looked at, as a turn leaves those with the same nearest mode.

In two dimensions or more only the convex hull of the modes is looked at, and turned within:
noise that is the same everywhere between the modes lies inwards of the outer ones, where all
their segments are, and would pass for a direction (14 % more on segments of a 5 x 5 lattice
than turns without the hull give). On a line what lies inwards of the two outer modes is held
against all that lies outwards, however far, so that a heavy tail of the modes beyond, which
reaches inwards, is allowed for.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.spatial import ConvexHull

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.bridges import pairs
from mirage.metrics.endpoint import EIGHTH, QUARTER, SAME, Segments, between_neighbours
from mirage.metrics.nulls import Sides, Turned

TURNS = 999
AT_ONCE = 1_000_000
"""Turned points that are held at a time."""
SIXTEENTH = 1 / 16


def bridges(
    points: np.ndarray,
    labels: pd.DataFrame,
    mixture: GaussianMixture,
    rng: np.random.Generator,
    turns: int = TURNS,
) -> Turned:
    """Bridges among points between a quarter and half the spacing, against random directions.

    Args:
        points: [n, d], of d = 2 or more.
        labels: of the points, as `endpoint.label` gives them.
        mixture: that they should follow.
        rng: turns the points.
        turns: of all points; p is a whole number of 1 / (turns + 1).
    """
    points, modes = _within_half(points, labels, mixture)
    segments, outside = between_neighbours(mixture), _outside(mixture)
    return _permute(
        points,
        modes,
        mixture,
        rng,
        turns,
        lambda x, k: _along(x, k, segments, EIGHTH),
        lambda x, _: outside(x),
    )


def second_neighbours(
    points: np.ndarray,
    labels: pd.DataFrame,
    mixture: GaussianMixture,
    rng: np.random.Generator,
    turns: int = TURNS,
) -> Turned:
    """Points along segments between second neighbours, against random directions.

    On the rotated grid these segments run along the axes, on the other one along diagonals.
    Bridges between neighbours have no part in it, neither among the points nor among the
    directions that they are turned to: that there are many of those does not make this rare.
    Along a segment is beyond a quarter of its length and within a sixteenth of it; a wider
    strip would leave hardly a direction that is in neither.

    Args:
        points: [n, d], of d = 2 or more.
        labels: of the points, as `endpoint.label` gives them.
        mixture: a lattice, whose second neighbours are all equally far.
        rng: turns the points.
        turns: of all points; p is a whole number of 1 / (turns + 1).
    """
    points, modes = _within_half(points, labels, mixture)
    first, second = between_neighbours(mixture), Segments(mixture, pairs(mixture, shell=1))
    outside = _outside(mixture)
    quarter = QUARTER * second.lengths.min() * mixture.std
    far = np.linalg.norm(points - mixture.means[modes], axis=1) >= quarter
    return _permute(
        points[far],
        modes[far],
        mixture,
        rng,
        turns,
        lambda x, k: _along(x, k, second, SIXTEENTH),
        lambda x, k: outside(x) | _along(x, k, first, EIGHTH),
    )


def inward(points: np.ndarray, labels: pd.DataFrame, mixture: GaussianMixture) -> Sides:
    """Points inwards of the two outer modes of a line, against those outwards, exactly.

    Inwards between a quarter and half the spacing, outwards beyond a quarter. The modes
    between have neighbours on both sides, so that they tell nothing.

    Args:
        points: [n, 1].
        labels: of the points, as `endpoint.label` gives them.
        mixture: of modes on a line.
    """
    modes, distance = labels["mode"].to_numpy(), labels["distance"].to_numpy()
    spacing = mixture.spacing / mixture.std
    outwards = np.zeros(len(mixture.means))
    outwards[mixture.means[:, 0].argmin()], outwards[mixture.means[:, 0].argmax()] = -1, 1
    chosen = np.isfinite(distance) & (distance >= QUARTER * spacing)
    chosen &= (labels["endpoint"] != "valid").to_numpy() & (outwards[modes] != 0)
    x, modes = np.asarray(points, np.float64)[chosen, 0], modes[chosen]
    out = (x - mixture.means[modes, 0]) * outwards[modes] > 0
    inside = int((~out & (distance[chosen] < spacing / 2)).sum())
    return Sides(inside, inside + int(out.sum()))


def turned(
    points: np.ndarray, modes: np.ndarray, mixture: GaussianMixture, rng: np.random.Generator
) -> np.ndarray:
    """The points, each turned about its mode to a random direction: [n, d]."""
    offsets = points - mixture.means[modes]
    directions = rng.standard_normal(points.shape)
    lengths = np.linalg.norm(offsets, axis=1) / np.linalg.norm(directions, axis=1)
    return mixture.means[modes] + directions * lengths[:, None]


def _within_half(
    points: np.ndarray, labels: pd.DataFrame, mixture: GaussianMixture
) -> tuple[np.ndarray, np.ndarray]:
    """Points between a quarter of the shortest segment and half the spacing, and their modes.

    Nearer ones are no bridge wherever they are turned to, so they would only dilute.
    """
    spacing = mixture.spacing / mixture.std
    distance = labels["distance"].to_numpy()
    chosen = (distance >= QUARTER * spacing) & (distance < spacing / 2)
    chosen &= (labels["endpoint"] != "valid").to_numpy()
    return np.asarray(points, np.float64)[chosen], labels["mode"].to_numpy()[chosen]


def _outside(mixture: GaussianMixture) -> Callable[[np.ndarray], np.ndarray]:
    """Whether points are outside the convex hull of the modes."""
    *normals, offsets = ConvexHull(mixture.means).equations.T
    slack = SAME * mixture.spacing
    return lambda x: (x @ np.array(normals) + offsets).max(1) > slack


def _along(points: np.ndarray, modes: np.ndarray, segments: Segments, share: float) -> np.ndarray:
    """Whether each point is within a share of a segment's length of it, and past its quarter."""
    which, away = segments.nearest(points, modes)
    length = segments.lengths[which]
    distance = np.linalg.norm(points - segments.mixture.means[modes], axis=1)
    past = distance / segments.mixture.std >= QUARTER * length
    return past & (away <= share * length)


Judge = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Whether points of such modes are hits."""


def _permute(
    points: np.ndarray,
    modes: np.ndarray,
    mixture: GaussianMixture,
    rng: np.random.Generator,
    turns: int,
    judge: Judge,
    barred: Judge,
) -> Turned:
    """Count hits among the points, and among the points turned so many times.

    Points in a barred place are left out, and those that a turn brings there turned again.
    """
    keep = ~barred(points, modes)
    points, modes = points[keep], modes[keep]
    counts = [np.zeros(0, int)]
    step = max(1, AT_ONCE // max(len(points), 1))
    for start in range(0, turns, step):
        some = min(step, turns - start)
        still, own = np.tile(points, (some, 1)), np.tile(modes, some)
        now, again = still.copy(), np.arange(len(still))
        while len(again):
            now[again] = turned(still[again], own[again], mixture, rng)
            again = again[barred(now[again], own[again])]
        counts.append(judge(now, own).reshape(some, len(points)).sum(1))
    return Turned(int(judge(points, modes).sum()), len(points), np.concatenate(counts))
