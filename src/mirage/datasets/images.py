"""A folder of the user's own pictures as the networks take them, without labels."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mirage.datasets.base import Dataset, Drawn
from mirage.datasets.folder import picture_files
from mirage.datasets.idx import DatasetError
from mirage.registry import dataset, option
from mirage.rng import numpy_rng

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger(__name__)

FORMATS = ("PNG", "JPEG")
FEWEST = 4
"""Pictures that a set must hold: precision and recall look at three neighbours of each."""


@dataset("images")
class Images(Dataset):
    """A folder of your own pictures, without labels, scaled to [-1, 1]."""

    folder: str = option(
        shortest=1,
        doc="Where the pictures are, PNG or JPEG, in subfolders too; relative to the working\n"
        "directory. What begins with a dot is passed over, and links to folders are not followed.",
    )
    image_size: int = option(
        32,
        at_least=8,
        multiple_of=4,
        doc="Pixels a side. Of each picture the largest centred square is taken, and resized.",
    )
    colour: bool = option(
        False, doc="Whether pictures are read in colour (three channels) or in grey (one)."
    )
    samples: int | None = option(
        None,
        above=0,
        doc="Size of the real training set; null for every readable picture not held out.",
    )
    heldout_share: float = option(
        0.2,
        above=0,
        below=1,
        doc="Share of all pictures used that is held out, as real pictures to compare with.",
    )

    @property
    def shape(self) -> tuple[int, ...]:
        return (3 if self.colour else 1, self.image_size, self.image_size)

    @property
    def files(self) -> list[Path]:
        return picture_files(self.folder)

    def sample(self, seed: int) -> tuple[Drawn, Drawn]:
        train, heldout = self.split(numpy_rng(seed, "data"))
        return (train, None), (heldout, None)

    def split(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw the training and the held-out set, which share no picture.

        Files that are no picture, or a damaged one, are named in the log and passed over.
        Only as many files are read as are needed, and each is shrunk before the next.

        Args:
            rng: shuffles the files before they are read and cut.

        Returns:
            Pictures to train on and others: float32 [n, c, s, s], black is -1 and white 1.

        Raises:
            ValueError: if the folder is missing or has no file named like a picture.
            DatasetError: if fewer of them can be read than are asked for.
        """
        files, share = self.files, self.heldout_share
        wanted = len(files) if self.samples is None else _with_heldout(self.samples, share)
        shuffled = [files[index] for index in rng.permutation(len(files))]
        pictures = list(_readable(shuffled, self.image_size, self.colour, wanted))
        found = f"of the {len(files)} files in {self.folder!r}, {len(pictures)} can be read"
        heldout = _require(self.samples, share, len(pictures), found)
        stacked = np.stack(pictures)
        return to_network(stacked[heldout:]), to_network(stacked[:heldout])


def read_picture(path: Path, size: int, colour: bool) -> np.ndarray:
    """Read one picture: its largest centred square, resized.

    It is turned as its EXIF data say; what is transparent is laid on white.

    Returns:
        uint8 [3 or 1, size, size].

    Raises:
        DatasetError: if the file is no PNG or JPEG, or is damaged, saying how.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=FORMATS) as image:
            image.draft(None, (2 * size, 2 * size))  # a large JPEG is decoded at a fraction
            square = ImageOps.fit(
                _opaque(ImageOps.exif_transpose(image)).convert("RGB" if colour else "L"),
                (size, size),
                Image.Resampling.BICUBIC,
            )
    except Exception as error:  # a decoder may raise anything on bytes that it cannot read
        raise DatasetError(f"{path}: {type(error).__name__}: {error}") from None
    return np.moveaxis(np.asarray(square).reshape(size, size, -1), -1, 0)


def to_network(pictures: np.ndarray) -> np.ndarray:
    """Scale pixels as the networks take them: uint8 to float32, 0 to -1 and 255 to 1."""
    return pictures.astype(np.float32) / 127.5 - 1


def _opaque(image: Image.Image) -> Image.Image:
    """Without transparency, and with the upper eight of sixteen bits, which Pillow clips."""
    from PIL import Image

    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if not image.has_transparency_data:
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))


def _readable(files: Iterable[Path], size: int, colour: bool, most: int) -> Iterator[np.ndarray]:
    from tqdm import tqdm

    read = left_out = 0
    for path in tqdm(files, "reading pictures", mininterval=10):
        if read == most:
            break
        try:
            picture = read_picture(path, size, colour)
        except DatasetError as error:
            left_out += 1
            log.warning("left out: %s", error)
        else:
            read += 1
            yield picture
    log.info("%d pictures read; %d files left out, named above", read, left_out)


def _with_heldout(samples: int, share: float) -> int:
    """How many pictures it takes to train on `samples` and hold out their share."""
    return samples + round(samples * share / (1 - share))


def _require(samples: int | None, share: float, readable: int, found: str) -> int:
    """The size of the held-out set, if there are pictures enough."""
    if samples is not None and readable < (needed := _with_heldout(samples, share)):
        most = int(readable * (1 - share))
        raise DatasetError(
            f"dataset.samples is {samples}, which with those held out takes {needed} "
            f"pictures, but {found} (the others are named in the log); allowed: up to {most}"
        )
    heldout = round(readable * share) if samples is None else readable - samples
    if min(heldout, readable - heldout) < FEWEST:
        raise DatasetError(
            f"dataset.folder: {found}, {heldout} of them held out "
            f"(dataset.heldout_share is {share}); allowed: at least {FEWEST} "
            "to train on and as many held out"
        )
    return heldout
