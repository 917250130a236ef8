"""Every Parquet table: its columns, declared once and checked on writing.

Points have one float32 column per coordinate (`x0`, `x1`); pictures are one
fixed-size list `x` with their shape in the schema's metadata. Each file carries
its provenance (config, seed, code, packages, device) in its metadata.

Where a column does not apply its cell is null, whatever its type: pandas reads NaN, and <NA>
in the whole numbers that may be null, which stay whole (Int16). Rows are grouped with
`dropna=False`.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mirage import files
from mirage.detectors import Score
from mirage.frames import coordinates, to_array
from mirage.metrics.names import AT, SCORE
from mirage_workflow.makers import remedy

SHAPE_KEY = b"mirage.shape"
PROVENANCE_KEY = b"mirage.provenance"
SEAL_KEY = b"mirage.seal"
SCORE_KEY = b"mirage.score"
"""In a field's metadata: whose score a column holds, and over which window."""
NULLABLE = {b"mirage.null": b"where it does not apply"}
"""Metadata of a field of whole numbers that may be null."""


class TableError(ValueError):
    """A table that is not what its schema says, or a file that is no table."""


def _fields(**types: pa.DataType) -> list[pa.Field]:
    return [pa.field(name, kind) for name, kind in types.items()]


_MEASURED = _fields(
    experiment=pa.string(), seed=pa.int64(), filter=pa.string(), generation=pa.int16()
)
_KINDS = {"str": pa.string(), "float64": pa.float64(), "Int16": pa.int16()}
_AT = [
    pa.field(name, _KINDS[kind], metadata=NULLABLE if kind == "Int16" else None)
    for name, kind in AT.items()
]
_SCORE = [field for field in _AT if field.name in SCORE]

LOSS = pa.schema(_fields(update=pa.int64(), loss=pa.float32(), learning_rate=pa.float64()))
MODES = pa.schema(
    _fields(mode=pa.int16(), coordinate=pa.int16(), mean=pa.float64(), std=pa.float64())
)
MIXTURE_SCORES = pa.schema(_fields(mode=pa.int16(), distance=pa.float32(), label=pa.string()))
ENDPOINT_SCORES = pa.schema(
    [*MIXTURE_SCORES, *_fields(angle=pa.float32(), segment=pa.int16(), endpoint=pa.string())]
)
METRICS = pa.schema(
    [
        *_MEASURED,
        *_fields(metric=pa.string()),
        *_AT,
        *_fields(
            value=pa.float64(),
            low=pa.float64(),
            high=pa.float64(),
            floor=pa.float64(),
            blurred=pa.float64(),
            n=pa.int64(),
        ),
    ]
)
ROC = pa.schema(
    [
        *_MEASURED,
        *_SCORE,
        *_fields(
            threshold=pa.float64(),
            false_positive_rate=pa.float64(),
            true_positive_rate=pa.float64(),
        ),
    ]
)
HISTOGRAM = pa.schema(
    _fields(left=pa.float64(), right=pa.float64(), count=pa.int64(), density=pa.float64())
    + _fields(true_density=pa.float64())
)
SHAPE_SCORES = pa.schema(
    _fields(
        label=pa.string(),
        triangles=pa.int16(),
        squares=pa.int16(),
        pentagons=pa.int16(),
        unknown=pa.int16(),
        match=pa.float32(),
        contrast=pa.float32(),
        found=pa.list_(pa.string()),
        matches=pa.list_(pa.float32()),
        tops=pa.list_(pa.float32()),
        haze=pa.float32(),
        noise=pa.float32(),
    )
)
COUNTER = pa.schema(
    _fields(
        statistic=pa.string(),
        threshold=pa.float64(),
        worst_true=pa.float64(),
        best_planted=pa.float64(),
        kind=pa.string(),
        n=pa.int64(),
    )
)
AUDIT = pa.schema(
    _fields(
        method=pa.string(),
        pictures=pa.string(),
        truth=pa.string(),
        degraded=pa.bool_(),
        label=pa.string(),
        count=pa.int64(),
        n=pa.int64(),
        share=pa.float64(),
        low=pa.float64(),
        high=pa.float64(),
    )
)
# Studies of causes.
_REPLICATE = _fields(experiment=pa.string(), seed=pa.int64())
_OVER_SEEDS = _fields(value=pa.float64(), low=pa.float64(), high=pa.float64(), seeds=pa.int64())
CAUSES = pa.schema([*METRICS, *_fields(model=pa.string(), sampler=pa.string())])
CAUSE_PARTS = pa.schema(
    [
        *_fields(experiment=pa.string(), sampler=pa.string(), threshold=pa.float64()),
        *_fields(part=pa.string()),
        *_OVER_SEEDS,
        *_fields(n=pa.int64()),
    ]
)
SWEEP = pa.schema(
    [*METRICS, *_fields(factor=pa.string(), level=pa.string(), level_number=pa.float64())]
)
SCORE_LINES = pa.schema(
    [
        *_REPLICATE,
        *_fields(line=pa.string(), t=pa.int32(), position=pa.float64()),
        *_fields(true_score=pa.float64(), learned_score=pa.float64()),
        *_fields(true_x0_hat=pa.float64(), learned_x0_hat=pa.float64()),
    ]
)
SCORE_FIELD = pa.schema(
    [
        *_REPLICATE,
        *_fields(t=pa.int32(), x0=pa.float64(), x1=pa.float64()),
        *_fields(true_score0=pa.float64(), true_score1=pa.float64()),
        *_fields(learned_score0=pa.float64(), learned_score1=pa.float64()),
    ]
)
SLOPES = pa.schema(
    [
        *_REPLICATE,
        *_fields(update=pa.int64(), first=pa.int16(), second=pa.int16()),
        *_fields(noise_fraction=pa.float64(), t=pa.int32(), true_slope=pa.float64()),
        *_fields(learned_slope=pa.float64(), ratio=pa.float64()),
    ]
)
FOLLOWED = pa.schema([*SLOPES, *_fields(hits=pa.int64(), n=pa.int64())])
TRANSFER = pa.schema(
    [
        *_fields(experiment=pa.string()),
        *_SCORE,
        *_fields(from_seed=pa.int64(), seed=pa.int64()),
        *_fields(filter=pa.string(), generation=pa.int16()),
        *_fields(threshold=pa.float64(), sensitivity=pa.float64()),
        *_fields(sensitivity_low=pa.float64(), sensitivity_high=pa.float64()),
        *_fields(specificity=pa.float64(), specificity_low=pa.float64()),
        *_fields(specificity_high=pa.float64(), hallucinated=pa.int64(), valid=pa.int64()),
    ]
)
SUMMARY = pa.schema(
    [
        *_fields(experiment=pa.string(), metric=pa.string()),
        *_AT,
        *_fields(generation=pa.int16(), filter=pa.string(), against=pa.string()),
        *_OVER_SEEDS,
    ]
)
REPLICATES = pa.schema(
    [
        *_fields(experiment=pa.string(), data_seed=pa.int64(), training_seed=pa.int64()),
        *_fields(sampling_seed=pa.int64(), metric=pa.string(), threshold=pa.float64()),
        *_fields(value=pa.float64(), n=pa.int64()),
    ]
)
VARIANCE = pa.schema(
    _fields(experiment=pa.string(), metric=pa.string(), threshold=pa.float64(), part=pa.string())
    + _fields(variance=pa.float64(), share=pa.float64(), mean=pa.float64(), seeds=pa.int64())
)
CLAIMS = pa.schema(
    [
        *_fields(id=pa.string(), claim=pa.string(), source=pa.string(), family=pa.string()),
        *_fields(experiment=pa.string(), statistic=pa.string(), rule=pa.string()),
        *_fields(metric=pa.string()),
        *_AT,
        *_fields(wanted=pa.string(), bound=pa.float64()),
        *_fields(control=pa.string(), effect=pa.string(), refuted=pa.string()),
        *_OVER_SEEDS,
        *_fields(n=pa.float64(), planned=pa.float64(), sensitivity=pa.float64()),
        *_fields(p=pa.float64(), p_adjusted=pa.float64()),
        *_fields(p_against=pa.float64(), p_against_adjusted=pa.float64()),
        *_fields(verdict=pa.string(), reason=pa.string(), figure=pa.string()),
    ]
)
CLAIMS_AUDIT = pa.schema(
    [
        *_fields(rule=pa.string(), scenario=pa.string(), data=pa.string(), kind=pa.string()),
        *_fields(holds=pa.int64(), fails=pa.int64(), n=pa.int64(), value=pa.float64()),
        *_fields(low=pa.float64(), high=pa.float64(), planned=pa.float64(), kept=pa.bool_()),
    ]
)
CLASSIFIER = pa.schema(_fields(epoch=pa.int16(), loss=pa.float32(), heldout_accuracy=pa.float64()))


def points(shape: Sequence[int], name: str = "x") -> list[pa.Field]:
    """The columns of samples of a shape: x0, x1, ... for points, one list for pictures."""
    if len(shape) == 1:
        return _fields(**{column: pa.float32() for column in coordinates(shape, name)})
    return [pa.field(name, pa.list_(pa.float32(), math.prod(shape)), metadata=_shape(shape))]


def data(shape: Sequence[int], labelled: bool = True) -> pa.Schema:
    """Real samples; `label` is the mode or the class each was drawn from, where known."""
    label = _fields(label=pa.int16()) if labelled else []
    return pa.schema([*_fields(sample=pa.int64()), *points(shape), *label])


def kept(shape: Sequence[int]) -> pa.Schema:
    """What a filter kept for the next generation."""
    return pa.schema([*_fields(sample=pa.int64()), *points(shape)])


def samples(shape: Sequence[int], scores: Sequence[Score]) -> pa.Schema:
    """Generated samples with the detectors' scores over each window."""
    return pa.schema([*kept(shape), *(_score_field(score.column, score) for score in scores)])


def _score_field(name: str, score: Score) -> pa.Field:
    return pa.field(name, pa.float32(), metadata={SCORE_KEY: json.dumps(score._asdict())})


def trajectories(shape: Sequence[int]) -> pa.Schema:
    """x_t and x0_hat at every reverse step of a few samples, in long form."""
    return pa.schema(
        [
            *_fields(sample=pa.int64(), label=pa.string(), t=pa.int32()),
            *points(shape, "x_t"),
            *points(shape, "x0_hat"),
        ]
    )


def scores(default: Sequence[Score], every: Sequence[Score], truth: pa.Schema) -> pa.Schema:
    """One row per sample: each detector over the default window, over all, and the truth."""
    own = [_score_field(score.detector, score) for score in default]
    over = [_score_field(score.column, score) for score in every]
    return pa.schema([*_fields(sample=pa.int64()), *own, *over, *truth])


def image_scores(features: int, classes: bool = True) -> pa.Schema:
    """What a network says of a picture: its class, where it knows any, and its features."""
    judged = _fields(predicted_class=pa.int16(), confidence=pa.float32()) if classes else []
    seen = _fields(nn_distance=pa.float32(), features=pa.list_(pa.float32(), features))
    return pa.schema([*judged, *seen])


def reference(features: int, labelled: bool = True) -> pa.Schema:
    """The network's features of the real pictures; split: `train` or `heldout`."""
    label = _fields(label=pa.int16()) if labelled else []
    return pa.schema(
        [
            *_fields(split=pa.string(), sample=pa.int64()),
            *label,
            *_fields(features=pa.list_(pa.float32(), features)),
        ]
    )


_ACTIVATED = _fields(source=pa.string(), sample=pa.int64(), group=pa.string())

EMBEDDING = pa.schema(
    _ACTIVATED
    + _fields(pca0=pa.float32(), pca1=pa.float32(), tsne0=pa.float32())
    + _fields(tsne1=pa.float32())
)


def bottleneck(size: int) -> pa.Schema:
    """The U-Net's bottleneck on real and generated pictures; source says which."""
    activation = _fields(activation=pa.list_(pa.float32(), size))
    return pa.schema([*_ACTIVATED, *activation])


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


def _shape(shape: Sequence[int]) -> dict[bytes, bytes]:
    return {SHAPE_KEY: json.dumps(list(shape)).encode()}


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
