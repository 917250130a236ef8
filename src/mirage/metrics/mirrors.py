"""Whether what points at a neighbour has a mirror image where there is none.

Tails that are heavy along the axes of a lattice point at the neighbours, and have a direction
without a bridge. But a tail is on both sides of its mode, and outwards of an outer mode there is
no neighbour that a bridge could lead to. So what lies inwards along a segment is held against its
image outwards. Inwards the tails of the modes beyond come in as well, from half of the segment
to three quarters of it, and so on from mode to mode: their images count, too.

Noise that is the same everywhere between the modes has no image outwards either. It is told by
what lies beside the segments, less the image of that, as much as the places along segments would
have of it: within the hull of all modes, and turned about the mode as in `directions`.
"""

import numpy as np
import pandas as pd

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.directions import AT_ONCE, TURNS, Looks, along, outside
from mirage.metrics.endpoint import EIGHTH, QUARTER, Segments, between_neighbours


def inwards(labels: pd.DataFrame, mixture: GaussianMixture) -> Looks:
    """Points along segments, between a quarter and half of the spacing, and their images.

    A place is looked at if it is along a segment and its image on the other side of the mode
    is outside the hull of all modes and along none.

    Args:
        labels: of the points, as `endpoint.label` gives them.
        mixture: that they should follow.

    Returns:
        A half is expected to be hits where tails and noise are all there is.
    """
    spacing, near = mixture.spacing / mixture.std, between_neighbours(mixture)
    outer = _outer(mixture, near)
    mode, distance, angle = (labels[name].to_numpy() for name in ("mode", "distance", "angle"))
    rows = np.flatnonzero(np.isfinite(distance) & (distance >= QUARTER * spacing))
    rows = rows[outer[mode[rows]]]
    mode, r, angle = mode[rows], distance[rows], angle[rows, None]
    close = r < spacing / 2  # beyond, another mode is nearer inwards, but outwards none is
    here, beside = _places(mode, r, angle, mixture, near)
    there, beyond = _places(mode, r, angle + np.pi, mixture, near)
    hit, image = close & here[:, 0], there[:, 0]
    image &= close | _reached(mode, r, angle[:, 0] + np.pi, spacing, near)
    weight, hits = (hit | image).astype(float), hit.astype(float)
    for noise, turn in ((close & beside[:, 0], 0.0), (close & beyond[:, 0], np.pi)):
        weight[noise] = _noise(mode[noise], r[noise], angle[noise] + turn, mixture, near)
        hits[noise] = weight[noise] * (turn > 0)
    seen = weight > 0
    return Looks(rows[seen], hits[seen], weight[seen] / 2, weight[seen])


def _outer(mixture: GaussianMixture, near: Segments) -> np.ndarray:
    """Modes that have a segment inwards with nothing on their other side: bool [K]."""
    modes = np.arange(len(mixture.means))
    r = np.full(len(modes), 3 / 8 * mixture.spacing / mixture.std)
    angles = np.pi * np.arange(2) if mixture.means.shape[1] == 1 else _turns(5 * TURNS)
    return _places(modes, r, np.tile(angles, (len(modes), 1)), mixture, near)[0].sum(1) > 0


def _places(
    mode: np.ndarray, r: np.ndarray, angles: np.ndarray, mixture: GaussianMixture, near: Segments
) -> tuple[np.ndarray, np.ndarray]:
    """Which places inwards are along a segment, and which beside all: [n, turns] each.

    Inwards is within the hull, with an image that is outside it and along no segment. Far
    places are as those half of the spacing away, in as wide a strip.
    """
    least = np.minimum(r, mixture.spacing / mixture.std / 2)
    opposite = angles + np.pi
    in_hull = ~_out(mode, least, angles, mixture) & _out(mode, least, opposite, mixture)
    inside = in_hull & ~along(mode, least, opposite, near, EIGHTH)
    on = along(mode, r, angles, near, EIGHTH)
    return inside & on, inside & ~on


def _out(
    mode: np.ndarray, r: np.ndarray, angles: np.ndarray, mixture: GaussianMixture
) -> np.ndarray:
    """Whether places are outside the hull, on a line outside the outer modes: [n, turns]."""
    if mixture.means.shape[1] == 2:
        return outside(mode, r, angles, mixture)
    x, reach = mixture.means[:, 0], mixture.std * r[:, None] * np.cos(angles)
    place = x[mode][:, None] + reach
    return (place < x.min()) | (place > x.max())


def _reached(
    mode: np.ndarray, r: np.ndarray, angle: np.ndarray, spacing: float, near: Segments
) -> np.ndarray:
    """Whether so far from its own mode a tail comes near another, seen in a direction: [n].

    Modes stand at multiples of the segment's length, as on a lattice; near one is between a
    quarter and half of the spacing from it, where that segment is looked at.
    """
    length, off = np.full(len(r), np.inf), np.full(len(r), -np.inf)
    for which, seen in near.seen_from(mode):
        towards = np.nan_to_num(np.cos(angle - seen), nan=-np.inf)
        length = np.where(towards > off, near.lengths[which], length)
        off = np.maximum(off, towards)
    left = np.ceil(r / length) * length - r
    return (left >= QUARTER * spacing) & (left < spacing / 2)


def _noise(
    mode: np.ndarray, r: np.ndarray, angle: np.ndarray, mixture: GaussianMixture, near: Segments
) -> np.ndarray:
    """Points along segments for each beside them, of noise that is even inwards: [n]."""
    weights = [np.zeros(0)]
    for start in range(0, len(mode), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        turned = angle[some] + _turns(TURNS)
        on, beside = _places(mode[some], r[some], turned, mixture, near)
        weights.append(on.sum(1) / beside.sum(1))
    return np.concatenate(weights)


def _turns(number: int) -> np.ndarray:
    """Angles, evenly all around."""
    return 2 * np.pi * np.arange(number) / number
