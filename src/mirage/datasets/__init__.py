"""Datasets: real samples from a seed and, for mixtures, the exact truth about them."""

from mirage.config.datasets import MixtureOptions
from mirage.datasets import mixtures
from mirage.datasets.mixtures import GaussianMixture

MIXTURES = {
    "gaussian1d": mixtures.line,
    "gaussian2d_grid": mixtures.grid,
    "gaussian2d_rotated": mixtures.rotated,
}


def build_mixture(options: MixtureOptions) -> GaussianMixture:
    """The mixture that an experiment's dataset section describes."""
    return MIXTURES[options.name](options)


__all__ = ["MIXTURES", "GaussianMixture", "build_mixture"]
