"""What a dataset is: real samples from a seed, and what is known of generated ones.

A new one is a class, registered under its name, whose annotated attributes are its options:

    @dataset("two_moons")
    class TwoMoons(Distribution):
        noise: float = option(0.05, above=0, doc="Standard deviation about the arcs.")

Nobody outside asks for a dataset's type, only for what stands in `Dataset`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mirage.registry import DATASETS, option
from mirage.rng import numpy_rng

if TYPE_CHECKING:
    import pandas as pd

    from mirage.detectors import Score
    from mirage.metrics.rows import Row

Drawn = tuple[np.ndarray, np.ndarray | None]
"""Samples, float32 [n, *shape], and the mode or class of each, int [n], where there are some."""
Tables = Mapping[str, "pd.DataFrame"]
"""Those of a dataset's `needs` that are tables of its own: `counter`, `audit`."""

NEEDS = ("modes", "counter", "audit", "reference")
"""What can be made beforehand: the true modes, of `mixture`; the thresholds of a counter of
shapes and how far it can be trusted, of `distribution`; what a network sees in real pictures."""


class Dataset(ABC):
    """A dataset, with defaults for all but the shape of a sample and the real samples."""

    name: ClassVar[str]
    """That it is registered under."""
    has_classes: ClassVar[bool] = False
    """Whether real pictures come with a class for a classifier to learn."""
    has_modes: ClassVar[bool] = False
    """Whether it is a mixture, `mixture`, whose exact density studies rest on."""
    detected: ClassVar[tuple[str, ...]] = ()
    """Labels of the hallucinations whose detection is measured; empty for all but `valid`."""
    label_columns: ClassVar[Mapping[str, str]] = {}
    """What `label` gives, and its types: `int16`, `float32`, `string`, `string[]`, ..."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample: (d,) for points, (channels, height, width) for pictures."""

    @abstractmethod
    def sample(self, seed: int) -> tuple[Drawn, Drawn]:
        """The real training set and the held-out set."""

    @property
    def files(self) -> list[Path]:
        """The user's own files that samples are read from."""
        return []

    @property
    def has_labels(self) -> bool:
        """Whether each sample can be told valid or hallucinated."""
        return "label" in self.label_columns

    @property
    def is_pictures(self) -> bool:
        """Whether samples are pictures, not points."""
        return len(self.shape) > 1

    @property
    def needs(self) -> tuple[str, ...]:
        """Which of NEEDS must be made before samples are scored, measured and shown."""
        return ("reference",) if self.is_pictures else ()

    def label(self, samples: np.ndarray, radius: float, tables: Tables) -> pd.DataFrame | None:
        """What is true of generated samples; None where nothing is known.

        Args:
            samples: float32 [n, *shape].
            radius: `scoring.radius` of the config, in standard deviations.
            tables: what the dataset needs.

        Returns:
            A row for each, with `label_columns`; in `label`, all but `valid` is hallucinated.
        """
        return None

    def judged(self, parts: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        """What detection is measured on: hallucinations that are not `detected` are set aside.

        parts: of scores, with `label`.
        """
        if not self.detected:
            return parts
        return [part[part["label"].isin(["valid", *self.detected])] for part in parts]

    def measure(
        self,
        scores: Iterable[pd.DataFrame],
        every: Sequence[Score],
        radius: float,
        tables: Tables,
    ) -> list[Row]:
        """How far a generation is from the truth: here the rate of each label.

        Args:
            scores: of its samples, in parts: detectors' scores and `label_columns`.
            every: the detectors' scores over each window.
            radius: as for `label`.
            tables: what the dataset needs.
        """
        from mirage.metrics.rates import label_rates

        return label_rates(scores) if self.has_labels else []

    @property
    def figures(self) -> tuple[str, ...]:
        """Figures of one generation."""
        paths = ("trajectories",) if self.is_pictures or self.has_modes else ()
        curves = ("roc",) if self.has_labels else ()
        pictures = ("gallery", "hal_sheet", "embedding") if self.is_pictures else ()
        return (*paths, "hal_histogram", *curves, *pictures)

    @property
    def later_figures(self) -> tuple[str, ...]:
        """Figures over generations."""
        rate = ("rate_by_generation",) if self.has_labels else ()
        return (*rate, "quality_by_generation") if "reference" in self.needs else rate

    def choose(
        self, real: pd.DataFrame, scores: pd.DataFrame, count: int, tables: Tables
    ) -> dict[str, pd.DataFrame]:
        """Pictures whose bottleneck is shown, `real` and `generated`: `sample` and `group`.

        Args:
            real: the real training set.
            scores: of generated pictures.
            count: how many of each at most.
            tables: what the dataset needs.
        """
        from mirage.bottleneck import choose_generated, choose_real

        return {"real": choose_real(real, count), "generated": choose_generated(scores, count)}


@dataclass(frozen=True, kw_only=True)
class Distribution(Dataset):
    """A dataset that gives any number of samples."""

    samples: int = option(above=0, doc="Size of the real training set.")
    heldout: int = option(at_least=0, doc="Size of the held-out set of real samples.")

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> Drawn:
        """Draw n samples."""

    def sample(self, seed: int) -> tuple[Drawn, Drawn]:
        return (
            self.draw(self.samples, numpy_rng(seed, "data")),
            self.draw(self.heldout, numpy_rng(seed, "heldout")),
        )


def real_samples(dataset: Dataset, seed: int) -> list[Drawn]:
    """The training set and the held-out set.

    Raises:
        RegistryError: naming the dataset, if they are of another shape than it says.
    """
    sets = []
    for samples, labels in dataset.sample(seed):
        found = np.asarray(samples, np.float32)
        if found.shape[1:] != tuple(dataset.shape):
            raise DATASETS.fault(
                dataset.name,
                f"gave samples of shape {found.shape[1:]}; its shape is {dataset.shape}",
            )
        if labels is not None and np.shape(labels) != (len(found),):
            raise DATASETS.fault(
                dataset.name, f"gave labels of shape {np.shape(labels)} for {len(found)} samples"
            )
        sets.append((found, labels))
    return sets


def labels_of(dataset: Dataset, samples: np.ndarray, radius: float, tables: Tables) -> pd.DataFrame:
    """What is true of generated samples: a row for each, without columns where nothing is known.

    Raises:
        RegistryError: naming the dataset, if the columns or the rows are not as it says.
    """
    import pandas as pd

    if not dataset.label_columns:
        return pd.DataFrame(index=range(len(samples)))
    given = dataset.label(samples, radius, tables)
    try:
        labels = pd.DataFrame(given).reset_index(drop=True)
    except ValueError as error:
        raise DATASETS.fault(dataset.name, f"label() gave no frame: {error}") from error
    promised, found = list(dataset.label_columns), list(labels)
    if found != promised:
        raise DATASETS.fault(dataset.name, f"label() gave {found}; label_columns are {promised}")
    if len(labels) != len(samples):
        raise DATASETS.fault(
            dataset.name, f"label() gave {len(labels)} rows for {len(samples)} samples"
        )
    return labels
