import importlib
import json
import pkgutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from checkouts import ROOT

from mirage import frames
from mirage.datasets.gaussians import Mixture
from mirage.datasets.shapes import Shapes
from mirage.detectors import Score
from mirage_workflow import schemas, tables
from mirage_workflow.schemas import page
from mirage_workflow.schemas.bottleneck import EMBEDDING, bottleneck_schema
from mirage_workflow.schemas.classifier import CLASSIFIER
from mirage_workflow.schemas.fields import SCORE_KEY
from mirage_workflow.schemas.metrics import METRICS
from mirage_workflow.schemas.mixtures import HISTOGRAM, MODES
from mirage_workflow.schemas.reference import reference_schema
from mirage_workflow.schemas.roc import ROC
from mirage_workflow.schemas.samples import data_schema, kept_schema, samples_schema
from mirage_workflow.schemas.scores import image_scores, scores_schema, truth_schema
from mirage_workflow.schemas.training import LOSS
from mirage_workflow.schemas.trajectories import trajectories_schema
from mirage_workflow.tables import TableError

SCORE = Score("hal", 0, 4)

SCHEMAS = {
    "loss": LOSS,
    "modes": MODES,
    "metrics": METRICS,
    "roc": ROC,
    "histogram": HISTOGRAM,
    "classifier": CLASSIFIER,
    "data of points": data_schema((2,)),
    "data of pictures": data_schema((1, 4, 4)),
    "kept points": kept_schema((1,)),
    "kept pictures": kept_schema((1, 4, 4)),
    "samples of points": samples_schema((2,), [SCORE, Score("hal", 0, 9)]),
    "samples of pictures": samples_schema((1, 4, 4), [SCORE]),
    "trajectories of points": trajectories_schema((2,)),
    "trajectories of pictures": trajectories_schema((1, 4, 4)),
    "scores of points": scores_schema([SCORE], [SCORE], truth_schema(Mixture.label_columns)),
    "scores of pictures": scores_schema([SCORE], [SCORE], image_scores(8)),
    "scores of shapes": scores_schema([SCORE], [SCORE], truth_schema(Shapes.label_columns)),
    "scores without classes": image_scores(8, classes=False),
    "data without labels": data_schema((3, 4, 4), labelled=False),
    "reference": reference_schema(8),
    "reference without labels": reference_schema(8, labelled=False),
    "bottleneck": bottleneck_schema(8),
    "embedding": EMBEDDING,
}
PROVENANCE = {"config": {"sampling": {"samples": 5}}, "seed": 3, "device": "cpu"}
SAMPLES = samples_schema((2,), [SCORE])


def some_rows(schema: pa.Schema, n: int = 5) -> pd.DataFrame:
    """R
    import importlib
    import pkgutil
    import re
    from checkouts import ROOT
    ows of the right types, each value different."""
    rng = np.random.default_rng(0)
    columns = {}
    for field in schema:
        if pa.types.is_fixed_size_list(field.type):
            values = list(rng.random((n, field.type.list_size), np.float32))
        elif pa.types.is_list(field.type):  # of any length
            text = pa.types.is_string(field.type.value_type)
            items = np.arange(n).astype(str if text else np.float32)
            values = [items[:length] for length in range(n)]
        elif pa.types.is_integer(field.type):
            values = np.arange(n) + len(columns)
        elif pa.types.is_floating(field.type):
            values = rng.random(n).astype(field.type.to_pandas_dtype())
        else:
            values = [f"{field.name}{row}" for row in range(n)]
        columns[field.name] = values
    return pd.DataFrame(columns)


def drawn(n: int, first: int = 0) -> pd.DataFrame:
    ids = np.arange(first, first + n)
    return pd.DataFrame({"sample": ids, "x0": ids / 2, "x1": -ids / 4, "hal_0_4": ids / 8})


def complaint(call, *args, **options) -> str:
    """The error of a call, which must fit on a line."""
    with pytest.raises(TableError) as caught:
        call(*args, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- what is written is what is read -----------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_table_reads_back_as_it_was_written(tmp_path, name):
    path, schema = tmp_path / "table.parquet", SCHEMAS[name]
    table = some_rows(schema)
    tables.write(path, table, schema, PROVENANCE)
    back = tables.read(path)
    assert list(back.columns) == schema.names
    for column in schema.names:
        assert [np.asarray(value).tolist() for value in back[column]] == [
            np.asarray(value).tolist() for value in table[column]
        ]
    assert pq.read_schema(path).types == schema.types


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_table_may_be_empty(tmp_path, name):
    path, schema = tmp_path / "table.parquet", SCHEMAS[name]
    tables.write(path, pd.DataFrame(columns=schema.names), schema, PROVENANCE)
    assert tables.read(path).empty
    assert pq.read_schema(path).types == schema.types


def test_an_undefined_number_stays_undefined(tmp_path):
    path = tmp_path / "metrics.parquet"
    rows = some_rows(METRICS).assign(value=np.nan, low=np.nan, floor=np.nan)
    tables.write(path, rows, METRICS, PROVENANCE)
    assert tables.read(path)[["value", "low", "floor"]].isna().all(axis=None)


def test_whole_numbers_that_may_be_null_stay_whole(tmp_path):
    path = tmp_path / "metrics.parquet"
    taken = {"first": pd.array([0, None], "Int16"), "threshold": [np.nan, 5.0]}
    rows = some_rows(METRICS, 2).assign(label=[None, "blank"], **taken)
    tables.write(path, rows, METRICS, PROVENANCE)
    (part,) = tables.Parts(path)
    two = tables.read(path, path)
    for back in (pd.read_parquet(path), part, two[:2], two[2:]):
        assert back["first"].dtype == back["last"].dtype == "Int16"
        assert back["generation"].dtype == np.int16
        assert back["first"].iloc[0] == 0
        assert back[["first", "label", "threshold"]].isna().to_numpy().tolist() == [
            [False, True, True],
            [True, False, False],
        ]
    some = tables.read(path, columns=["metric", "first"])
    assert some["first"].dtype == "Int16"


def test_the_digest_tells_a_null_from_a_number_and_from_another_place(tmp_path):
    digests = []
    for name, first in (("a", [0, None]), ("b", [None, 0]), ("c", [0, 0]), ("d", [0, None])):
        rows = some_rows(METRICS, 2).assign(first=pd.array(first, "Int16"))
        tables.write(tmp_path / name, rows, METRICS, {})
        digests.append(tables.digest(tmp_path / name))
    assert len(set(digests)) == 3
    assert digests[0] == digests[3]


def test_a_column_of_scores_says_whose_they_are_and_over_which_window(tmp_path):
    path, default = tmp_path / "scores.parquet", Score("hal_moving", 5, 14)
    schema = scores_schema([default], [SCORE], truth_schema(Mixture.label_columns))
    tables.write(path, some_rows(schema), schema, {})
    found = {
        field.name: json.loads(field.metadata[SCORE_KEY])
        for field in pq.read_schema(path)
        if SCORE_KEY in (field.metadata or {})
    }
    assert found == {"hal_moving": default._asdict(), "hal_0_4": SCORE._asdict()}


def test_points_have_a_column_for_each_coordinate(tmp_path):
    path = tmp_path / "kept.parquet"
    points = np.arange(6, dtype=np.float32).reshape(3, 2)
    table = pd.DataFrame({"sample": range(3), **frames.from_array(points)})
    tables.write(path, table, kept_schema((2,)), PROVENANCE)
    assert list(tables.read(path).columns) == ["sample", "x0", "x1"]
    assert tables.read(path)["x1"].tolist() == [1, 3, 5]
    back = tables.read_points(path, shape=(2,))
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, points)


def test_pictures_are_fixed_size_lists_that_know_their_shape(tmp_path):
    path = tmp_path / "kept.parquet"
    pictures = np.arange(96, dtype=np.float32).reshape(3, 2, 4, 4)
    table = pd.DataFrame({"sample": range(3), **frames.from_array(pictures)})
    tables.write(path, table, kept_schema((2, 4, 4)), PROVENANCE)
    field = pq.read_schema(path).field("x")
    assert field.type.list_size == 32
    assert field.type.value_type == pa.float32()
    assert json.loads(field.metadata[b"mirage.shape"]) == [2, 4, 4]
    back = tables.read_points(path, shape=(2, 4, 4))
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, pictures)


def test_the_two_pictures_of_a_trajectory_know_their_shape(tmp_path):
    path, schema = tmp_path / "trajectories.parquet", trajectories_schema((1, 4, 4))
    tables.write(path, some_rows(schema), schema, PROVENANCE)
    for name in ("x_t", "x0_hat"):
        metadata = pq.read_schema(path).field(name).metadata
        assert json.loads(metadata[b"mirage.shape"]) == [1, 4, 4]


def test_a_column_of_lists_stacks_to_one_array(tmp_path):
    path, schema = tmp_path / "reference.parquet", reference_schema(3)
    features = np.arange(12, dtype=np.float32).reshape(4, 3)
    table = pd.DataFrame(
        {"split": "train", "sample": range(4), "label": 1, "features": list(features)}
    )
    tables.write(path, table, schema, PROVENANCE)
    np.testing.assert_array_equal(frames.stack(tables.read(path)["features"]), features)


def test_a_table_tells_how_it_came_to_be(tmp_path):
    path = tmp_path / "loss.parquet"
    tables.write(path, some_rows(LOSS), LOSS, PROVENANCE)
    assert tables.provenance(path) == PROVENANCE


def test_plain_pandas_reads_a_table(tmp_path):
    path = tmp_path / "samples.parquet"
    tables.write(path, drawn(5), SAMPLES, PROVENANCE)
    assert pd.read_parquet(path)["x0"].tolist() == [0, 0.5, 1, 1.5, 2]


# --- parts and columns -------------------------------------------------------------------------


def test_parts_are_joined_in_the_order_given(tmp_path):
    paths = [tmp_path / f"shard{shard}.parquet" for shard in range(3)]
    for shard, path in enumerate(paths):
        tables.write(path, drawn(4, first=4 * shard), SAMPLES, PROVENANCE | {"shard": shard})
    assert tables.read(*paths)["sample"].tolist() == list(range(12))
    swapped = tables.read(paths[2], paths[0])
    assert swapped["sample"].tolist() == [8, 9, 10, 11, 0, 1, 2, 3]
    assert swapped.index.tolist() == list(range(8))
    points = tables.read_points(*paths, shape=(2,))
    np.testing.assert_array_equal(points[:, 0], np.arange(12) / 2)


def test_only_the_columns_asked_for_are_read(tmp_path):
    path = tmp_path / "samples.parquet"
    tables.write(path, drawn(5), SAMPLES, PROVENANCE)
    assert list(tables.read(path, columns=["sample", "x0"]).columns) == ["sample", "x0"]


def test_folders_named_like_partitions_add_no_columns(tmp_path):
    path = tmp_path / "seed=3" / "samples.parquet"
    tables.write(path, drawn(5), SAMPLES, PROVENANCE)
    assert list(tables.read(path).columns) == SAMPLES.names


# --- streaming ---------------------------------------------------------------------------------


def test_streaming_writes_a_row_group_for_each_piece(tmp_path):
    path = tmp_path / "samples.parquet"
    with tables.writing(path, SAMPLES, PROVENANCE) as append:
        for first, n in ((0, 4), (4, 4), (8, 2)):
            append(drawn(n, first))
    file = pq.ParquetFile(path)
    groups = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    assert groups == [4, 4, 2]
    assert tables.read(path)["sample"].tolist() == list(range(10))
    assert tables.provenance(path) == PROVENANCE


def test_a_streamed_file_appears_only_at_the_end(tmp_path):
    path = tmp_path / "samples.parquet"
    with tables.writing(path, SAMPLES, PROVENANCE) as append:
        append(drawn(4))
        assert not path.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["samples.parquet"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_stream_that_breaks_off_leaves_nothing(tmp_path, error):
    path = tmp_path / "samples.parquet"

    def break_off():
        with tables.writing(path, SAMPLES, PROVENANCE) as append:
            append(drawn(4))
            raise error

    with pytest.raises(error):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_breaks_off_keeps_the_file_that_was_there(tmp_path):
    path = tmp_path / "samples.parquet"
    tables.write(path, drawn(7), SAMPLES, PROVENANCE)

    def break_off():
        with tables.writing(path, SAMPLES, PROVENANCE) as append:
            append(drawn(4))
            append(drawn(4).drop(columns="x0"))

    complaint(break_off)
    assert [entry.name for entry in tmp_path.iterdir()] == ["samples.parquet"]
    assert len(tables.read(path)) == 7


def test_the_folder_of_a_table_is_made(tmp_path):
    path = tmp_path / "seed0" / "gen0" / "samples.parquet"
    tables.write(path, drawn(2), SAMPLES, PROVENANCE)
    assert len(tables.read(path)) == 2


# --- what does not fit -------------------------------------------------------------------------

WRONG = {
    "a missing column": (lambda table: table.drop(columns="x1"), "x1"),
    "an extra column": (lambda table: table.assign(x2=0.0), "x2"),
    "a misspelt column": (lambda table: table.rename(columns={"x1": "y"}), "y"),
    "columns in another order": (lambda table: table[table.columns[::-1]], "sample"),
    "text for a number": (lambda table: table.assign(x0="one"), "one"),
    "a fraction for a count": (lambda table: table.assign(sample=0.5), "0.5"),
    "an object for a number": (lambda table: table.assign(x1=[[1.0]] * 5), "x1"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_table_that_does_not_fit_its_schema_is_refused_and_not_written(tmp_path, fault):
    path = tmp_path / "samples.parquet"
    spoil, word = WRONG[fault]
    message = complaint(tables.write, path, spoil(drawn(5)), SAMPLES, PROVENANCE)
    assert str(path) in message
    assert word in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", WRONG)
def test_a_refused_table_leaves_the_earlier_one(tmp_path, fault):
    path = tmp_path / "samples.parquet"
    tables.write(path, drawn(7), SAMPLES, PROVENANCE)
    complaint(tables.write, path, WRONG[fault][0](drawn(5)), SAMPLES, PROVENANCE)
    assert len(tables.read(path)) == 7
    assert [entry.name for entry in tmp_path.iterdir()] == ["samples.parquet"]


def test_a_picture_of_another_size_is_refused(tmp_path):
    path = tmp_path / "kept.parquet"
    table = pd.DataFrame({"sample": range(2), "x": list(np.zeros((2, 15), np.float32))})
    assert str(path) in complaint(tables.write, path, table, kept_schema((1, 4, 4)), PROVENANCE)


def test_a_number_too_large_for_its_column_is_refused(tmp_path):
    path = tmp_path / "data.parquet"
    table = some_rows(data_schema((1,))).assign(label=70_000)
    assert "70000" in complaint(tables.write, path, table, data_schema((1,)), PROVENANCE)


# --- files that are no tables ------------------------------------------------------------------


def truncated(path):
    tables.write(path, drawn(50), SAMPLES, PROVENANCE)
    path.write_bytes(path.read_bytes()[:-100])


DAMAGED = {
    "truncated": truncated,
    "garbage": lambda path: path.write_bytes(b"no parquet at all" * 10),
    "empty": lambda path: path.touch(),
    "missing": lambda path: None,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "shard1.parquet"
    DAMAGED[damage](path)
    assert str(path) in complaint(tables.read, path)


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_part_is_named_among_whole_ones(tmp_path, damage):
    whole, broken = tmp_path / "shard0.parquet", tmp_path / "shard1.parquet"
    tables.write(whole, drawn(5), SAMPLES, PROVENANCE)
    DAMAGED[damage](broken)
    message = complaint(tables.read_points, whole, broken, shape=(2,))
    assert str(broken) in message
    assert str(whole) not in message


def test_samples_of_another_shape_are_not_read_as_if_they_fitted(tmp_path):
    pictures = np.zeros((16, 1, 4, 4), np.float32)
    columns = {"sample": range(16), **frames.from_array(pictures)}
    tables.write(tmp_path / "p", pd.DataFrame(columns), kept_schema((1, 4, 4)), {})
    points = {"sample": range(3), **frames.from_array(np.zeros((3, 2), np.float32))}
    tables.write(tmp_path / "q", pd.DataFrame(points), kept_schema((2,)), {})
    assert tables.read_points(tmp_path / "p", shape=(1, 4, 4)).shape == (16, 1, 4, 4)
    assert tables.read_points(tmp_path / "q", shape=(2,)).shape == (3, 2)
    for name, shape in (("p", (1, 8, 8)), ("p", (1, 2, 2)), ("q", (1,)), ("q", (3,))):
        message = complaint(tables.read_points, tmp_path / name, shape=shape)
        assert str(tmp_path / name) in message


def test_a_missing_column_and_an_unlike_part_are_named(tmp_path):
    tables.write(tmp_path / "a", drawn(3), samples_schema((2,), [SCORE]), {})
    other = pd.DataFrame({"sample": [0], "x0": [0.0], "x1": [0.0]})
    tables.write(tmp_path / "b", other, kept_schema((2,)), {})
    assert "'colour'" in complaint(tables.read, tmp_path / "a", columns=["colour"])
    assert str(tmp_path / "b") in complaint(tables.read, tmp_path / "a", tmp_path / "b")


def test_a_foreign_table_has_no_provenance(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "foreign")
    assert "provenance" in complaint(tables.provenance, tmp_path / "foreign")


def test_results_readme_tells_of_every_column_and_every_metric():
    path = ROOT / "results/README.md"
    assert page.placed(path.read_text()) == path.read_text()
    modules = [module.name for module in pkgutil.iter_modules(schemas.__path__)]
    tables_of = {
        (module, name): table
        for module in modules
        for name, table in vars(importlib.import_module(f"{schemas.__name__}.{module}")).items()
        if isinstance(table, pa.Schema) and module != "page"
    }
    told = [table for several in page.TABLES.values() for table in several]
    assert len(tables_of) > 20
    assert [name for name, table in tables_of.items() if table not in told] == []


@pytest.mark.parametrize("table", ["metrics", "roc", "samples", "score/followed"])
def test_a_column_without_a_meaning_or_the_other_way_round_is_refused(table):
    told = page.read()
    told["tables"][table].setdefault("columns", {})["colour"] = "of the sample"
    with pytest.raises(page.UntoldError, match=f"{table}.*colour"):
        page.text(told)
    told = page.read()
    told["tables"][table].pop("columns")
    told["tables"][table].pop("like", None)
    with pytest.raises(page.UntoldError, match=table):
        page.text(told)


def test_a_metric_and_a_table_without_a_meaning_are_refused():
    for kind in ("tables", "metrics"):
        told = page.read()
        gone, _ = told[kind].popitem()
        with pytest.raises(page.UntoldError, match=gone):
            page.text(told)
