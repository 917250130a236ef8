"""Parquet files: columns checked on writing, damage found on reading.

What columns a table has is declared in `schemas`. Each file carries its provenance (config,
seed, code, packages, device) in its metadata.

Where a column does not apply its cell is null, whatever its type: pandas reads NaN, and <NA>
in the whole numbers that may be null, which stay whole (Int16). Rows are grouped with
`dropna=False`.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mirage import files
from mirage.frames import stack, to_array
from mirage_workflow.makers import absent, remedy
from mirage_workflow.schemas.fields import NULLABLE, SCORE_KEY, SHAPE_KEY, points

PROVENANCE_KEY = b"mirage.provenance"
SEAL_KEY = b"mirage.seal"


class TableError(ValueError):
    """A table that is not what its schema says, or a file that is no table."""


def write(path: Path, table: pd.DataFrame, schema: pa.Schema, provenance: dict) -> None:
    """Write a table whole or not at all.

    Raises:
        TableError: if the columns are not those of the schema, or do not fit it.
    """
    with writing(path, schema, provenance) as append:
        append(table)


@contextmanager
def writing(path: Path, schema: pa.Schema, provenance: dict) -> Iterator:
    """Stream a table to a file, a row group for each call of what this yields.

    The file appears when the block ends well; a failure leaves nothing behind. Each page
    has a checksum; a seal over columns, rows and provenance guards the rest of the file.
    """
    described = schema.with_metadata(
        {PROVENANCE_KEY: json.dumps(provenance, sort_keys=True)} | _for_pandas(schema)
    )
    rows = 0
    with (
        files.replacing(path) as temporary,
        pq.ParquetWriter(
            temporary, described, compression="zstd", write_page_checksum=True
        ) as writer,
    ):

        def append(table: pd.DataFrame) -> None:
            nonlocal rows
            writer.write_table(_to_arrow(table, described, path))
            rows += len(table)

        yield append
        writer.add_key_value_metadata({SEAL_KEY: _seal(described, rows)})


def read(*paths: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read one table, or several parts of one, in the order given.

    Raises:
        TableError: naming the file that is damaged, missing, no Parquet, without one of
            the columns, or unlike the parts before it.
    """
    parts: list[pa.Table] = []
    for path in paths:
        names = _schema(path).names
        if missing := [name for name in columns or () if name not in names]:
            raise TableError(f"{path}: no column {missing[0]!r}; there are {', '.join(names)}")
        with _readable(path):
            part = pq.read_table(
                path, columns=columns, partitioning=None, page_checksum_verification=True
            )
        parts.append(part.replace_schema_metadata(_for_pandas(part.schema)))
        if not parts[0].schema.equals(parts[-1].schema):
            raise TableError(f"{path}: other columns than {paths[0]}")
    return pa.concat_tables(parts).to_pandas()


class Parts:
    """A table in parts, one for each row group, that never meet in memory.

    It may be gone through again; each time the files are read anew.

    Raises:
        TableError: as `read`, when gone through.
    """

    def __init__(self, *paths: Path, columns: Sequence[str] | None = None) -> None:
        self.paths, self.columns = paths, columns

    def __iter__(self) -> Iterator[pd.DataFrame]:
        for path in self.paths:
            _schema(path)
            with _readable(path), pq.ParquetFile(path, page_checksum_verification=True) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group, self.columns).to_pandas()


def read_points(*paths: Path, shape: Sequence[int], name: str = "x") -> np.ndarray:
    """Read the samples of one table, or several parts of one: float32 [n, *shape].

    Raises:
        TableError: naming the file that is damaged, missing or of another shape.
    """
    fields = points(shape, name)
    for path in paths:
        found = [field for field in _schema(path) if field.name.removeprefix(name).isdigit()]
        found = found or [field for field in _schema(path) if field.name == name]
        if not pa.schema(found).equals(pa.schema(fields)):
            raise TableError(f"{path}: samples of another shape than {tuple(shape)}")
    return to_array(read(*paths, columns=[field.name for field in fields]), shape, name)


def real_features(reference: Path) -> tuple[np.ndarray, np.ndarray]:
    """What a network sees in the real pictures: those to train on, and those held out."""
    table = read(reference)
    train, heldout = (
        stack(table.loc[table["split"] == split, "features"]) for split in ("train", "heldout")
    )
    return train, heldout


def provenance(path: Path) -> dict:
    """How a table came to be: config, seed, code, packages, device.

    Raises:
        TableError: for a file that is no table of this pipeline.
    """
    metadata = _schema(path).metadata or {}
    try:
        return json.loads(metadata[PROVENANCE_KEY])
    except (KeyError, ValueError):
        raise TableError(f"{path}: no provenance; the pipeline did not write it") from None


def digest(*paths: Path) -> str:
    """SHA-256 of a table's columns and values, whatever files and row groups it is cut into.

    Equal for runs that gave the same numbers; provenance and compression do not matter.

    Raises:
        TableError: as `read`.
    """
    table = read(*paths)
    sha = hashlib.sha256()
    for name, column in table.items():
        sha.update(f"{name} {column.dtype}\n".encode())
        if isinstance(column.dtype, np.dtype) and pd.api.types.is_numeric_dtype(column):
            sha.update(column.to_numpy().tobytes())
        else:
            present = column.astype(object).where(column.notna(), None)
            values = [v.tolist() if isinstance(v, np.ndarray) else v for v in present]
            sha.update(json.dumps(values).encode())
    return sha.hexdigest()


def _schema(path: Path) -> pa.Schema:
    """The columns of a file whose seal, if it has one, is unbroken."""
    with _readable(path), pq.ParquetFile(path) as file:
        schema, found = file.schema_arrow, file.metadata
        groups = [found.row_group(group).num_rows for group in range(found.num_row_groups)]
        seal = (found.metadata or {}).get(SEAL_KEY)
        if seal and {seal} != {_seal(schema, found.num_rows), _seal(schema, sum(groups))}:
            raise pa.ArrowInvalid("its columns or rows are not those that were written")
    return schema


def _seal(schema: pa.Schema, rows: int) -> bytes:
    """A digest of what page checksums do not cover."""
    columns = [(field.name, _kind(field.type), _meaning(field)) for field in schema]
    origin = (schema.metadata or {}).get(PROVENANCE_KEY, b"").decode()
    return hashlib.sha256(json.dumps([columns, rows, origin]).encode()).hexdigest().encode()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise TableError(f"{path} is not there: {absent(path)}") from None
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise TableError(f"{path} cannot be read ({reason}): {remedy(path)}") from None


def _kind(kind: pa.DataType) -> str:
    """A type without the name of its items, which a file does not keep."""
    if pa.types.is_fixed_size_list(kind):
        return f"{kind.value_type}[{kind.list_size}]"
    if pa.types.is_list(kind):
        return f"{kind.value_type}[]"
    return str(kind)


def _meaning(field: pa.Field) -> str:
    metadata = field.metadata or {}
    return (metadata.get(SHAPE_KEY) or metadata.get(SCORE_KEY) or b"").decode()


def _for_pandas(schema: pa.Schema) -> dict[bytes, str]:
    """Metadata by which pandas reads whole numbers that may be null as such, not as floats."""
    names = [field.name for field in schema if NULLABLE.items() <= (field.metadata or {}).items()]
    described = {"pandas_type": "int16", "numpy_type": "Int16", "metadata": None}
    columns = [{"name": name, "field_name": name, **described} for name in names]
    indices = {"index_columns": [], "column_indexes": [], "pandas_version": pd.__version__}
    return {b"pandas": json.dumps({"columns": columns, **indices})} if names else {}


def _to_arrow(table: pd.DataFrame, schema: pa.Schema, path: Path) -> pa.Table:
    if list(table.columns) != schema.names:
        raise TableError(f"{path}: columns {list(table.columns)} should be {schema.names}")
    try:
        return pa.Table.from_pandas(table, schema, preserve_index=False, safe=True).cast(schema)
    except (pa.ArrowException, TypeError) as error:
        raise TableError(f"{path}: {error}") from None
