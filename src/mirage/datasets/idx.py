"""IDX files, the format in which the handwritten digits are published."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Literal

import numpy as np

Kind = Literal["images", "labels"]

MAGIC = {"images": 0x803, "labels": 0x801}
"""First word of a file of unsigned bytes, in three dimensions or in one."""
SIDE = 28
"""Pixels a side of every published digit."""
DAMAGED_GZIP = (gzip.BadGzipFile, EOFError, zlib.error)
"""What `gzip` raises on contents that are no gzip, broken or cut short."""


class DatasetError(ValueError):
    """Real samples that are missing, damaged, or fewer than asked for."""


def locate(path: Path) -> Path | None:
    """The file at `path`, packed or plain: PATH.gz if there is one, else PATH, else None."""
    path = Path(path)
    candidates = (path.with_name(f"{path.name}.gz"), path)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def read_idx(path: Path, kind: Kind) -> np.ndarray:
    """Read an IDX file of digits or of their labels.

    Args:
        path: the file; without its .gz, either of the two names is taken.
        kind: what the file must hold.

    Returns:
        images: uint8 [n, 28, 28], 0 is the background; labels: uint8 [n], 0 to 9.
        The array is read-only.

    Raises:
        DatasetError: in one line, if the file is missing, a damaged gzip, of another
            kind, truncated or overlong, or holds other sizes or labels.
    """
    found = locate(path)
    if found is None:
        raise DatasetError(f"{path}: no such file, neither plain nor .gz; expected {kind} in IDX")
    contents = _unpack(found)
    shape, start = _header(contents, kind, found)
    expected = start + math.prod(shape)
    if len(contents) != expected:
        state = "truncated" if len(contents) < expected else "overlong"
        raise DatasetError(
            f"{found}: {state}, {len(contents)} bytes; expected {expected} for {shape[0]} {kind}"
        )
    values = np.frombuffer(contents, np.uint8, offset=start).reshape(shape)
    if kind == "labels" and values.size and values.max() > 9:
        place = int(np.argmax(values > 9))
        raise DatasetError(f"{found}: label {place} is {values[place]}; expected 0 to 9")
    return values


def read_labelled(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read digits and their labels: (uint8 [n, 28, 28], uint8 [n]).

    Raises:
        DatasetError: as `read_idx`, and if the two files hold different numbers.
    """
    pictures, classes = read_idx(images, "images"), read_idx(labels, "labels")
    if len(pictures) != len(classes):
        raise DatasetError(
            f"{locate(labels)}: {len(classes)} labels; "
            f"expected {len(pictures)}, one for each image of {locate(images)}"
        )
    return pictures, classes


def _unpack(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path) as file:
            return file.read()
    except DAMAGED_GZIP as error:
        raise DatasetError(
            f"{path}: damaged gzip file ({error}); expected a whole IDX file, packed"
        ) from None


def _header(contents: bytes, kind: Kind, path: Path) -> tuple[tuple[int, ...], int]:
    """The array's shape and where it starts, from big-endian words of four bytes."""
    start = 16 if kind == "images" else 8
    if len(contents) < start:
        raise DatasetError(
            f"{path}: truncated, {len(contents)} bytes; expected a header of {start} for {kind}"
        )
    magic, *shape = np.frombuffer(contents, ">u4", start // 4).tolist()
    if magic != MAGIC[kind]:
        raise DatasetError(
            f"{path}: magic number {magic:#05x}; expected {MAGIC[kind]:#05x} for {kind}"
        )
    if kind == "images" and shape[1:] != [SIDE, SIDE]:
        raise DatasetError(
            f"{path}: images of {shape[1]} x {shape[2]} pixels; expected {SIDE} x {SIDE}"
        )
    return tuple(shape), start
