"""Samples made elsewhere are read as they are, or refused by name."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mirage import elsewhere
from mirage.elsewhere import Array, ElsewhereError

X = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
PATHS = X[:, None] + np.random.default_rng(1).normal(size=(50, 8, 2)).astype(np.float32)
WINDOWS = [(0, 2), (1, 4)]


@pytest.fixture(params=[np.savez, np.savez_compressed], ids=["stored", "compressed"])
def file(request, tmp_path) -> str:
    request.param(tmp_path / "mine.npz", x=X, x0_hat=PATHS)
    return str(tmp_path / "mine.npz")


def taken(**given) -> pd.DataFrame:
    options = {"detectors": ["hal"], "windows": WINDOWS, "block_size": 20} | given
    return pd.concat(elsewhere.sample((2,), 50, **options), ignore_index=True)


def test_rows_are_those_of_the_array_wherever_they_stand(file):
    array = Array(file, "x0_hat")
    assert array.shape == (50, 8, 2)
    for first, count in [(0, 50), (0, 1), (17, 9), (49, 1), (3, 0)]:
        assert np.array_equal(array.rows(first, count), PATHS[first : first + count])


def test_other_numbers_become_float32(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(6).reshape(3, 2), y=X.astype(np.float64))
    assert Array(tmp_path / "a.npz", "x").rows(1, 2).tolist() == [[2, 3], [4, 5]]
    assert Array(tmp_path / "a.npz", "y").rows(0, 50).dtype == np.float32


def test_points_are_scored_by_their_paths(file):
    table = taken(points=file, paths=file)
    assert np.array_equal(table[["x0", "x1"]].to_numpy(), X)
    assert table["sample"].tolist() == list(range(50))
    assert table["hal_0_2"].to_numpy() == pytest.approx(PATHS[:, 5:].var(1).mean(1), rel=1e-4)
    assert table["hal_1_4"].to_numpy() == pytest.approx(PATHS[:, 3:7].var(1).mean(1), rel=1e-4)


def test_they_are_the_same_from_any_block_on(file):
    part = taken(points=file, paths=file, block_size=10)
    pd.testing.assert_frame_equal(part, taken(points=file, paths=file))


def test_points_of_a_table_have_the_scores_of_another(file, tmp_path):
    by_paths = taken(points=file, paths=file)
    by_paths.drop(columns=["x0", "x1"]).to_parquet(tmp_path / "scores.parquet")
    pd.DataFrame({"more": 1.0, "x1": X[:, 1], "x0": X[:, 0]}).to_parquet(tmp_path / "x.parquet")
    table = taken(points=str(tmp_path / "x.parquet"), scores=str(tmp_path / "scores.parquet"))
    pd.testing.assert_frame_equal(table, by_paths)


def test_without_paths_there_are_no_scores(file):
    assert list(taken(points=file, detectors=[])) == ["sample", "x0", "x1"]


def test_pictures_are_taken_in_the_order_of_their_names(tmp_path):
    for level, name in [(255, "b.png"), (0, "a.png")]:
        Image.new("L", (4, 4), level).save(tmp_path / name)
    [table] = elsewhere.sample((1, 4, 4), 2, detectors=[], folder=str(tmp_path))
    assert [pixels.tolist() for pixels in table["x"]] == [[-1] * 16, [1] * 16]


@pytest.mark.parametrize(
    ("mode", "size", "found"),
    [("L", (4, 5), "[1, 5, 4]"), ("RGB", (4, 4), "[3, 4, 4]"), ("L", (8, 8), "[1, 8, 8]")],
)
def test_a_picture_of_another_shape_is_refused_not_resized(tmp_path, mode, size, found):
    Image.new(mode, size).save(tmp_path / "a.png")
    with pytest.raises(ElsewhereError) as caught:
        elsewhere.pictures_of([tmp_path / "a.png"], (1, 4, 4))
    assert "a.png" in str(caught.value)
    assert f"a picture of {found}; allowed: [1, 4, 4], as in the dataset" in str(caught.value)


def test_a_file_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ElsewhereError, match=r"a\.png cannot be read as a picture"):
        elsewhere.pictures_of([tmp_path / "a.png"], (1, 4, 4))


def complaint(call, *args) -> str:
    with pytest.raises(ElsewhereError) as caught:
        call(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_no_such_array_is_told(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, y=X, words=np.array(["a"]), f=np.asfortranarray(PATHS[:, 0]))
    assert "no array 'x'; there are y, words, f" in complaint(Array, path, "x")
    assert "words holds <U1; allowed: numbers" in complaint(Array, path, "words")
    assert "allowed: C's" in complaint(Array(path, "f").rows, 0, 1)
    assert "y has shape [50, 2]; allowed: [any, 3]" in complaint(
        Array(path, "y").require, [None, 3]
    )
    path.write_bytes(path.read_bytes()[:200])
    assert "cannot be read as an NPZ" in complaint(Array, path, "y")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_row_that_is_not_finite_is_named(tmp_path, value):
    x = X.copy()
    x[17, 1] = value
    path = str(tmp_path / "a.npz")
    np.savez(path, x=x, x0_hat=np.where(np.arange(50)[:, None, None] == 18, value, PATHS))
    table = str(tmp_path / "a.parquet")
    pd.DataFrame(x, columns=["x0", "x1"]).to_parquet(table)
    said = "row 17 (the first is 0): found NaN or infinity; allowed: finite numbers"
    assert complaint(elsewhere.points_of, path, (2,), 10, 20) == f"{path}: x, {said}"
    assert complaint(elsewhere.points_of, table, (2,), 10, 20) == f"{table}, {said}"
    assert "x0_hat, row 18" in complaint(Array(path, "x0_hat").rows, 10, 20)
    assert len(elsewhere.points_of(path, (2,), 18, 32)) == 32


def test_a_table_without_the_columns_or_rows_is_told(tmp_path):
    path = str(tmp_path / "a.parquet")
    pd.DataFrame({"x": [1.0], "y": [2.0]}).to_parquet(path)
    told = complaint(elsewhere.points_of, path, (2,), 0, 1)
    assert "a.parquet: no column 'x0'; there are x, y" in told
    pd.DataFrame({"sample": [0, 2], "hal_0_2": [1.0, 2.0]}).to_parquet(path)
    told = complaint(elsewhere.scores_of, path, ["hal_0_2"], 0, 3)
    assert "found 3, and" in told
    assert "allowed: up to 2" in told
    assert "not of samples 0, 1, 2" in complaint(elsewhere.scores_of, path, ["hal_0_2"], 0, 2)
    (tmp_path / "a.parquet").write_text("no table")
    assert "cannot be read as Parquet" in complaint(elsewhere.points_of, path, (2,), 0, 1)
