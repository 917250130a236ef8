"""A folder of the user's own pictures as the networks take them, without labels."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from mirage.datasets.folder import picture_files
from mirage.datasets.idx import DatasetError

log = logging.getLogger(__name__)

FORMATS = ("PNG", "JPEG")
FEWEST = 4
"""Pictures that a set must hold: precision and recall look at three neighbours of each."""


def load_images(
    folder: str,
    rng: np.random.Generator,
    image_size: int = 32,
    colour: bool = False,
    samples: int | None = None,
    heldout_share: float = 0.2,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the training and the held-out set, which share no picture.

    Files that are no picture, or a damaged one, are named in the log and passed over.
    Only as many files are read as are needed, and each is shrunk before the next.

    Args:
        folder: with PNG and JPEG files, in subfolders too.
        rng: shuffles the files before they are read and cut.
        image_size: pixels a side.
        colour: whether pictures are read in colour (three channels) or in grey (one).
        samples: pictures to train on; None for every readable one that is not held out.
        heldout_share: share of all pictures used that is held out.

    Returns:
        Pictures to train on and others: float32 [n, c, s, s], black is -1 and white 1.

    Raises:
        ValueError: if the folder is missing or has no file named like a picture.
        DatasetError: if fewer of them can be read than are asked for.
    """
    files = picture_files(folder)
    wanted = len(files) if samples is None else _with_heldout(samples, heldout_share)
    shuffled = [files[index] for index in rng.permutation(len(files))]
    pictures = list(_readable(shuffled, image_size, colour, wanted))
    found = f"of the {len(files)} files in {folder!r}, {len(pictures)} can be read"
    heldout = _require(samples, heldout_share, len(pictures), found)
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
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if not image.has_transparency_data:
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))


def _readable(files: Iterable[Path], size: int, colour: bool, most: int) -> Iterator[np.ndarray]:
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
