"""Mixtures of isotropic Gaussians, with their exact density."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

SCALE = np.sqrt(0.05**2 + 8)
"""Standard deviation of a coordinate of the official grid. Whatever modes stand in the plane are
divided by it, so that their width and their spacing can be varied each by itself."""


@dataclass(frozen=True)
class GaussianMixture:
    """K modes of one standard deviation. means: float64 [K, d].

    `imbalance` is the weight of the first mode over that of the last; weights fall
    geometrically between. 1 makes them equal.
    """

    means: np.ndarray
    std: float
    imbalance: float = 1.0

    @cached_property
    def log_weights(self) -> np.ndarray:
        """Log weight of each mode: float64 [K]."""
        falling = np.linspace(0, -np.log(self.imbalance), len(self.means))
        return falling - np.logaddexp.reduce(falling)

    @property
    def spacing(self) -> float:
        """Distance between nearest neighbours, in data units."""
        gaps = np.linalg.norm(self.means[:, None] - self.means, axis=-1)
        return float(gaps[np.triu_indices(len(gaps), 1)].min())

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n points: (float32 [n, d], mode of each [n]).

        Sample i belongs to mode i mod K, as in the official code, so that the modes
        are filled evenly; modes of unequal weight are drawn.
        """
        noise = rng.standard_normal((n, self.means.shape[1]))
        modes = np.arange(n) % len(self.means)
        if self.imbalance != 1:
            modes = rng.choice(len(self.means), n, p=np.exp(self.log_weights))
        return (self.means[modes] + self.std * noise).astype(np.float32), modes

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Log density in nats. x: [n, d]; returns [n]."""
        d = self.means.shape[1]
        squares = sum((x[:, [i]] - self.means[:, i]) ** 2 for i in range(d))  # [n, K]
        norm = d / 2 * np.log(2 * np.pi * self.std**2)
        exponents = self.log_weights - squares / (2 * self.std**2)
        return np.logaddexp.reduce(exponents, axis=1) - norm


def line(means: Sequence[float], std: float = 0.05, imbalance: float = 1.0) -> GaussianMixture:
    """Modes on a line, at the given means."""
    return GaussianMixture(np.array(means, dtype=float)[:, None], std, imbalance)


def grid(std: float = 0.05, imbalance: float = 1.0, spacing: float = 2.0) -> GaussianMixture:
    """25 modes, five by five, `spacing` apart: at {-4, -2, 0, 2, 4}^2; all divided by SCALE."""
    return _scaled(spacing * _lattice(), std, imbalance)


def rotated(std: float = 0.05, imbalance: float = 1.0, spacing: float = 2.0) -> GaussianMixture:
    """25 modes of the lattice turned by 45 degrees, `spacing` apart along an axis; else as `grid`.

    Nearest neighbours are closer, on diagonals, by the root of two.
    """
    turn = np.array([[1, -1], [1, 1]]) / 2
    return _scaled(spacing * _lattice() @ turn.T, std, imbalance)


def _lattice() -> np.ndarray:
    axis = np.arange(-2.0, 3.0)
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)


def _scaled(means: np.ndarray, std: float, imbalance: float) -> GaussianMixture:
    return GaussianMixture(means / SCALE, std / SCALE, imbalance)
