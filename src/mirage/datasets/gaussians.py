"""Mixtures of isotropic Gaussians as datasets: a new one only says where its modes are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mirage.datasets import mixtures
from mirage.datasets.base import Distribution, Drawn, Tables
from mirage.datasets.mixtures import GaussianMixture
from mirage.registry import dataset, option

if TYPE_CHECKING:
    import pandas as pd

    from mirage.detectors import Score
    from mirage.metrics.rows import Row


@dataclass(frozen=True, kw_only=True)
class Mixture(Distribution):
    """A mixture of isotropic Gaussians."""

    has_modes = True
    label_columns = {"mode": "int16", "distance": "float32", "label": "string"}

    std: float = option(0.05, above=0, doc="Standard deviation of every mode, before any scaling.")
    imbalance: float = option(
        1.0,
        at_least=1,
        doc="Weight of the first mode over that of the last; weights fall geometrically between.",
    )

    @abstractmethod
    def modes(self) -> np.ndarray:
        """Where the modes are: [K, d]."""

    @cached_property
    def mixture(self) -> GaussianMixture:
        """The mixture, with its exact density."""
        return GaussianMixture(np.asarray(self.modes(), float), self.std, self.imbalance)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mixture.means.shape[1:]

    @property
    def needs(self) -> tuple[str, ...]:
        return ("modes",)

    def draw(self, n: int, rng: np.random.Generator) -> Drawn:
        return self.mixture.sample(n, rng)

    def label(self, samples: np.ndarray, radius: float, tables: Tables) -> pd.DataFrame:
        from mirage.labels.points import label_points

        return label_points(samples, self.mixture, radius)

    def measure(
        self,
        scores: Iterable[pd.DataFrame],
        every: Sequence[Score],
        radius: float,
        tables: Tables,
    ) -> list[Row]:
        from mirage.metrics.mixture import measure, tally

        return measure(tally(scores, self.mixture), radius)

    @property
    def figures(self) -> tuple[str, ...]:
        return (*super().figures, "density" if self.shape == (1,) else "samples")

    @property
    def later_figures(self) -> tuple[str, ...]:
        return ("rate_by_generation", "density_by_generation")


@dataset("gaussian1d")
class Gaussian1D(Mixture):
    """One-dimensional mixture with modes at given means, not normalised."""

    means: list[float] = option(shortest=2, unique=True, doc="Positions of the modes.")

    def modes(self) -> np.ndarray:
        return mixtures.line(self.means).means


@dataclass(frozen=True, kw_only=True)
class Lattice(Mixture):
    """25 modes of a square lattice."""

    spacing: float = option(
        2.0, above=0, doc="Distance between modes along an axis, before the scaling."
    )


@dataset("gaussian2d_grid")
class Gaussian2DGrid(Lattice):
    """25 modes on a 5 x 5 grid, scaled so that the official one has unit variance."""

    @cached_property
    def mixture(self) -> GaussianMixture:
        return mixtures.grid(self.std, self.imbalance, self.spacing)

    def modes(self) -> np.ndarray:
        return self.mixture.means


@dataset("gaussian2d_rotated")
class Gaussian2DRotated(Lattice):
    """25 modes on a grid turned by 45 degrees, with the grid's scaling."""

    @cached_property
    def mixture(self) -> GaussianMixture:
        return mixtures.rotated(self.std, self.imbalance, self.spacing)

    def modes(self) -> np.ndarray:
        return self.mixture.means
