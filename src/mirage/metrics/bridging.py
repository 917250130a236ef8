"""Whether a model bridges modes: what each seed shows, and what all of them are evidence of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics import directions, magnitude
from mirage.metrics.endpoint import label
from mirage.metrics.nulls import Sides, Turned
from mirage.metrics.verdicts import ALPHA, Evidence, all_of, more_than_floor, more_than_random
from mirage.metrics.widening import floors
from mirage.metrics.width import of_modes


@dataclass(frozen=True)
class Shown:
    """What the samples of one seed show."""

    bridges: int
    n: int
    floor: float
    """Bridges expected of the truth blurred to the upper end of the model's width."""
    null: Turned | Sides
    """Bridges against random directions, or points that lie inwards against either side."""


def show(
    points: np.ndarray,
    mixture: GaussianMixture,
    radius: float,
    rng: np.random.Generator,
    turns: int = directions.TURNS,
    floor: Callable[[float], float] | None = None,
) -> Shown:
    """Label the samples of one seed, and hold their bridges against floor and null.

    Args:
        points: [n, d].
        mixture: that they should follow.
        radius: of a mode, in standard deviations.
        rng: for floor and null.
        turns: of the null, in two dimensions or more.
        floor: probability of a bridge at a width, where it is known already.

    Raises:
        SpacingError: if the nearest modes are less than four radii apart.
    """
    n, dim = points.shape
    labels = label(points, mixture, radius)
    width = of_modes(points, labels, mixture).high
    expected = floor(width) if floor else floors(mixture, radius, width, rng)["bridge"].value
    if dim == 1:
        null = directions.inward(points, labels, mixture)
    else:
        null = directions.bridges(points, labels, mixture, rng, turns)
    return Shown(int((labels["endpoint"] == "bridge").sum()), n, n * expected, null)


def above_floor(seeds: Sequence[Shown], wanted: float) -> Evidence:
    """More bridges than the truth blurred to the model's own width has; wanted: a rate."""
    hits, expected = [seed.bridges for seed in seeds], [seed.floor for seed in seeds]
    return more_than_floor(hits, expected, wanted * sum(seed.n for seed in seeds))


def directed(seeds: Sequence[Shown]) -> Evidence:
    """More bridges than the model's own distances give in random directions."""
    return more_than_random([seed.null for seed in seeds])


def exist(seeds: Sequence[Shown], wanted: float) -> Evidence:
    """Both: modes with heavy tails are above any floor, but in no direction; wanted: a rate."""
    return all_of(above_floor(seeds, wanted), directed(seeds))


def fall(levels: Sequence[float], seen: Sequence[Sequence[Shown]], wanted: float) -> Evidence:
    """Bridges grow rarer along a factor, among its levels at which they exist.

    Args:
        levels: of the factor, positive: [L].
        seen: at each level, what each seed shows.
        wanted: rate that is wanted at a level for bridges to exist there.
    """
    hits, expected, n = (
        np.array([[getattr(seed, name) for seed in seeds] for seeds in seen])
        for name in ("bridges", "floor", "n")
    )
    there = [exist(seeds, wanted).holds <= ALPHA for seeds in seen]
    return magnitude.below(magnitude.trend(levels, hits, expected, n, there), 0.0)
