"""Samples of models that are known: some that interpolate, some that only seem to.

What a claim is decided by must refuse the second kind and find the first.
"""

from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.endpoint import QUARTER, Segments


def blurred(mixture: GaussianMixture, n: int, width: float, rng: np.random.Generator) -> np.ndarray:
    """Exact draws with modes too wide by a factor, and no interpolation: [n, d].

    width: over the true standard deviation; 1 is the perfect sampler.
    """
    return _about_modes(mixture, n, rng, lambda noise: width * noise)


def heavy_tailed(
    mixture: GaussianMixture, n: int, degrees: float, rng: np.random.Generator
) -> np.ndarray:
    """Draws whose distances from their modes follow Student's t in every direction: [n, d]."""
    factors = np.sqrt(degrees / rng.chisquare(degrees, (n, 1)))
    return _about_modes(mixture, n, rng, lambda noise: factors * noise)


def crossed(
    mixture: GaussianMixture,
    n: int,
    draw: Callable[[tuple[int, int]], np.ndarray],
    rng: np.random.Generator,
    angles: float | np.ndarray = 0.0,
) -> np.ndarray:
    """Draws whose tails are heavy along two axes at a right angle alone: [n, 2].

    Args:
        mixture: of two dimensions.
        n: points.
        draw: coordinates of such a shape, of each axis by itself, in standard deviations.
        rng: draws the modes.
        angles: of the axes, in radians: one, or one a mode.
    """
    angle = np.broadcast_to(angles, len(mixture.means))
    turns = np.moveaxis(
        np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]), 2, 0
    )
    modes = _modes(mixture, n, rng)
    offsets = (turns[modes] @ draw((n, 2))[..., None])[..., 0]
    return mixture.means[modes] + mixture.std * offsets


def stretched(
    segments: Segments, n: int, factor: float, rng: np.random.Generator, alone: bool = False
) -> np.ndarray:
    """Exact draws, but modes too wide by a factor in the direction of the first segment: [n, d].

    alone: only the mode that the segment begins at.
    """
    begins, ends = segments.ends[0]
    along = segments.mixture.means[ends] - segments.mixture.means[begins]
    along /= np.linalg.norm(along)
    points = blurred(segments.mixture, n, 1.0, rng)
    modes = cKDTree(segments.mixture.means).query(points)[1]  # their own, which are far apart
    offsets = points - segments.mixture.means[modes]
    more = (factor - 1) * (offsets @ along)[:, None] * along
    return points + (more * (modes == begins)[:, None] if alone else more)


def noisy(mixture: GaussianMixture, n: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Exact draws, but a share even over the box that holds all modes: [n, d]."""
    points = blurred(mixture, n, 1.0, rng)
    on = rng.random(n) < share
    low, high = mixture.means.min(0), mixture.means.max(0)
    points[on] = rng.uniform(low, high, (on.sum(), len(low)))
    return points


def planted(
    segments: Segments,
    n: int,
    share: float,
    rng: np.random.Generator,
    width: float = 1.0,
    across: float = 1.0,
) -> np.ndarray:
    """Blurred draws of which a share lies evenly along the middle halves of segments: [n, d].

    Args:
        segments: all equally likely.
        n: points, of which the number that bridge is drawn too.
        share: that bridges.
        rng: draws them.
        width: of the modes, over the true standard deviation.
        across: of the bridges, in every direction, in true standard deviations.
    """
    mixture = segments.mixture
    points = blurred(mixture, n, width, rng)
    on = np.flatnonzero(rng.random(n) < share)
    first, second = mixture.means[segments.ends[rng.integers(len(segments.ends), size=len(on))].T]
    along = rng.uniform(QUARTER, 1 - QUARTER, (len(on), 1))
    noise = across * mixture.std * rng.standard_normal((len(on), mixture.means.shape[1]))
    points[on] = first + along * (second - first) + noise
    return points


def scattered(points: np.ndarray, mixture: GaussianMixture, rng: np.random.Generator) -> np.ndarray:
    """The points at their own distances from their nearest modes, in random directions: [n, d]."""
    distances, modes = cKDTree(mixture.means).query(points)
    directions = rng.standard_normal(points.shape)
    directions *= (distances / np.linalg.norm(directions, axis=1))[:, None]
    return mixture.means[modes] + directions


def _about_modes(mixture: GaussianMixture, n: int, rng: np.random.Generator, shape) -> np.ndarray:
    """Draws with the modes' weights; shape: noise of a mode from standard noise, [n, d] each."""
    modes = _modes(mixture, n, rng)
    noise = rng.standard_normal((n, mixture.means.shape[1]))
    return mixture.means[modes] + mixture.std * shape(noise)


def _modes(mixture: GaussianMixture, n: int, rng: np.random.Generator) -> np.ndarray:
    """Modes by their weights: int [n]."""
    return rng.choice(len(mixture.means), n, p=np.exp(mixture.log_weights))
