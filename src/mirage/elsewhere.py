"""Samples that were made elsewhere: what files hold of them, read a stretch of rows at a time.

Points are an array `x` [n, d] of an NPZ, or columns `x0`, `x1`, ... of a Parquet file; pictures
are the files of a folder, in the order of their names. The predicted clean samples that led to
them, where they were kept, are an array `x0_hat` [n, steps, *sample] of an NPZ, from the first
step to the last; or their scores are columns of a Parquet file, as `mirage score` writes it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


class ElsewhereError(ValueError):
    """A file that does not hold what is asked of it: which, what was found, what is allowed."""


class Array:
    """An array of an NPZ, of which no more is in memory than is asked for.

    Raises:
        ElsewhereError: if the file is no NPZ, has no such array, or one that holds no numbers.
    """

    def __init__(self, path: Path | str, name: str) -> None:
        self.path, self.name = path, name
        with self._open() as file:
            self.shape, _, dtype = _header(file)
        if dtype.kind not in "fiu":
            raise ElsewhereError(f"{path}: {name} holds {dtype}; allowed: numbers")

    def require(self, shape: Sequence[int | None]) -> None:
        """Refuse another shape than this; None stands for any length."""
        fits = len(self.shape) == len(shape) and all(
            wanted in (None, found) for wanted, found in zip(shape, self.shape, strict=True)
        )
        if not fits:
            allowed = ", ".join("any" if wanted is None else str(wanted) for wanted in shape)
            raise ElsewhereError(
                f"{self.path}: {self.name} has shape {list(self.shape)}; allowed: [{allowed}]"
            )

    def rows(self, first: int, count: int) -> np.ndarray:
        """Some rows: float32 [count, ...].

        Raises:
            ElsewhereError: if they are in Fortran's order, or hold what is no finite number.
        """
        with self._open() as file:
            _, fortran, dtype = _header(file)
            if fortran and len(self.shape) > 1:
                raise ElsewhereError(
                    f"{self.path}: {self.name} is in Fortran's order; allowed: C's "
                    "(np.ascontiguousarray)"
                )
            size = int(np.prod(self.shape[1:], dtype=np.int64))
            file.seek(first * size * dtype.itemsize, 1)
            values = np.frombuffer(file.read(count * size * dtype.itemsize), dtype)
        values = values.reshape(count, *self.shape[1:]).astype(np.float32)
        _require_finite(f"{self.path}: {self.name}", values, first)
        return values

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                there = [name.removesuffix(".npy") for name in archive.namelist()]
                if self.name not in there:
                    raise ElsewhereError(
                        f"{self.path}: no array {self.name!r}; there are {', '.join(there)}"
                    )
                with archive.open(f"{self.name}.npy") as file:
                    yield file
        except (OSError, EOFError, zipfile.BadZipFile) as error:
            raise ElsewhereError(f"{self.path} cannot be read as an NPZ: {error}") from None


def _require_finite(where: str, values: np.ndarray, first: int) -> None:
    """Refuse values [n, ...] with NaN or infinity, naming the row; that of values[0] is given."""
    finite = np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
    if not finite.all():
        row = first + int(finite.argmin())
        raise ElsewhereError(
            f"{where}, row {row} (the first is 0): found NaN or infinity; allowed: finite numbers"
        )


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether in Fortran's order, and type; the file stands at the first value then."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    return np.lib.format.read_array_header_2_0(file)


def sample(
    shape: tuple[int, ...],
    n: int,
    detectors: Sequence[str] = ("hal",),
    windows: Sequence[tuple[int, int]] = ((0, 9),),
    first: int = 0,
    block_size: int = 1000,
    folder: str | None = None,
    points: str | None = None,
    paths: str | None = None,
    scores: str | None = None,
) -> Iterator[pd.DataFrame]:
    """Take samples block by block, as `mirage.samplers.sample` draws them.

    Args:
        shape: of one sample.
        n: how many.
        detectors, windows: whose scores are taken of `paths`, or found in `scores`.
        first: number of the first sample, the start of a block.
        block_size: samples that are held in memory.
        folder, points: one of them; where the samples are.
        paths, scores: one of them, or neither where there are no detectors.

    Yields:
        For each block columns `sample`; `x0`, ... (points) or `x` (pictures); and a score for
        each detector and window.

    Raises:
        ElsewhereError: if a file does not hold what it should.
    """
    import pandas as pd

    from mirage import frames
    from mirage.datasets.folder import picture_files
    from mirage.detectors import every_score
    from mirage.samplers import blocks

    every = [score.column for score in every_score(detectors, windows)]
    files = picture_files(folder, "samples.folder") if folder else []
    for block, size in blocks(n, block_size, first):
        start = block * block_size
        if points:
            x = points_of(points, shape, start, size)
        else:
            require_rows(str(folder), len(files), start + size)
            x = pictures_of(files[start : start + size], shape)
        table = pd.DataFrame({"sample": range(start, start + size), **frames.from_array(x)})
        if paths:
            table = table.assign(
                **score(Array(paths, "x0_hat").rows(start, size), detectors, windows)
            )
        elif scores:
            table = table.join(scores_of(scores, every, start, size))
        yield table


def points_of(path: str, shape: Sequence[int], first: int, count: int) -> np.ndarray:
    """Some points of a file: float32 [count, d].

    Raises:
        ElsewhereError: if there are fewer, of another number of coordinates, or one that is not
            finite.
    """
    if path.endswith(".npz"):
        array = Array(path, "x")
        array.require([None, *shape])
        require_rows(path, array.shape[0], first + count)
        return array.rows(first, count)
    from mirage import frames

    table = _rows(path, frames.coordinates(shape), first, count)
    points = frames.to_array(table, shape)
    _require_finite(path, points, first)
    return points


def scores_of(path: str, columns: Sequence[str], first: int, count: int) -> pd.DataFrame:
    """The scores of some samples: columns as asked for.

    Raises:
        ElsewhereError: if a column is missing, or rows are not of samples 0, 1, 2, ... in turn.
    """
    table = _rows(path, ["sample", *columns], first, count)
    if table["sample"].tolist() != list(range(first, first + count)):
        raise ElsewhereError(f"{path}: rows are not of samples 0, 1, 2 and so on, one each")
    return table[list(columns)]


def pictures_of(files: Sequence[Path], shape: Sequence[int]) -> np.ndarray:
    """Pictures as the networks take them: float32 [n, *shape], black is -1 and white 1.

    Raises:
        ElsewhereError: for a file that is no picture of just this shape, naming it.
    """
    from mirage.datasets.images import read_picture, to_network

    for path in files:
        require_picture(path, shape)
    read = [read_picture(path, shape[-1], shape[0] == 3) for path in files]
    return to_network(np.stack(read))


def require_picture(path: Path, shape: Sequence[int]) -> None:
    """Refuse a file that is no picture of just this shape.

    Raises:
        ElsewhereError: naming the file, and its shape.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            (width, height), colour = image.size, image.mode not in ("1", "L", "I", "I;16")
    except OSError as error:
        raise ElsewhereError(f"{path} cannot be read as a picture: {error}") from None
    found = [3 if colour else 1, height, width]
    if found != list(shape):
        raise ElsewhereError(
            f"{path}: a picture of {found}; allowed: {list(shape)}, as in the dataset"
        )


def score(
    paths: np.ndarray, detectors: Sequence[str], windows: Sequence[tuple[int, int]]
) -> dict[str, np.ndarray]:
    """Detectors' scores of paths, by the columns of tables.

    paths: x0_hat [n, steps, *sample].
    """
    import torch

    from mirage.trajectory import WindowScores

    running = WindowScores(detectors, windows)
    steps = paths.shape[1]
    for step in range(steps):
        running.see(steps - 1 - step, torch.from_numpy(paths[:, step]))
    return {name: value.numpy() for name, value in running.columns().items()}


def require_columns(path: str, found: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse a table that lacks a column."""
    if missing := [name for name in wanted if name not in found]:
        raise ElsewhereError(f"{path}: no column {missing[0]!r}; there are {', '.join(found)}")


def require_rows(path: str, found: int, wanted: int) -> None:
    """Refuse a file with fewer samples than are taken."""
    if found < wanted:
        raise ElsewhereError(
            f"sampling.samples: found {wanted}, and {path} has {found}; allowed: up to {found}"
        )


def _rows(path: str, columns: Sequence[str], first: int, count: int) -> pd.DataFrame:
    import pandas as pd

    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ElsewhereError(f"{path} cannot be read as Parquet: {error}") from None
    require_columns(path, list(table), columns)
    require_rows(path, len(table), first + count)
    return table[list(columns)].iloc[first : first + count].reset_index(drop=True)
