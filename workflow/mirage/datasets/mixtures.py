"""Equal-weight mixtures of isotropic Gaussians, with their exact density."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from mirage.config.datasets import Gaussian1D, MixtureOptions


@dataclass(frozen=True)
class GaussianMixture:
    """K modes of one standard deviation and equal weight. means: float64 [K, d]."""

    means: np.ndarray
    std: float

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n points: (float32 [n, d], mode of each [n]).

        Sample i belongs to mode i mod K, as in the official code, so that the modes
        are filled evenly.
        """
        modes = np.arange(n) % len(self.means)
        noise = rng.standard_normal((n, self.means.shape[1]))
        return (self.means[modes] + self.std * noise).astype(np.float32), modes

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        """Log density in nats. x: [n, d]; returns [n]."""
        d = self.means.shape[1]
        exponents = -cdist(x, self.means, "sqeuclidean") / (2 * self.std**2)
        norm = np.log(len(self.means)) + d / 2 * np.log(2 * np.pi * self.std**2)
        return logsumexp(exponents, axis=1) - norm


def line(options: Gaussian1D) -> GaussianMixture:
    """Modes on a line, at the given means."""
    return GaussianMixture(np.array(options.means, dtype=float)[:, None], options.std)


def grid(options: MixtureOptions) -> GaussianMixture:
    """25 modes at {-4, -2, 0, 2, 4}^2, divided by the grid's own standard deviation."""
    return _normalised(2.0 * _lattice(), options.std)


def rotated(options: MixtureOptions) -> GaussianMixture:
    """25 modes of the lattice turned by 45 degrees, divided as the grid is."""
    turn = np.array([[1, -1], [1, 1]]) / 2
    return _normalised(2.0 * _lattice() @ turn.T, options.std)


def _lattice() -> np.ndarray:
    axis = np.arange(-2.0, 3.0)
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)


def _normalised(means: np.ndarray, std: float) -> GaussianMixture:
    scale = np.sqrt(std**2 + 8)
    return GaussianMixture(means / scale, std / scale)
