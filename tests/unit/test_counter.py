"""The counter of shapes, on pictures made by hand and on planted errors."""

import math

import numpy as np
import pandas as pd
import pytest

from mirage.datasets.planted import KINDS, degrade, plant
from mirage.datasets.shapes import COMBINED, of_size, scaled
from mirage.detectors import Score
from mirage.labels import pixel_count
from mirage.labels.calibration import calibrate
from mirage.labels.shapes import CLEAR, TYPES, Thresholds, inspect, label_pictures
from mirage.metrics.audit import audit
from mirage.metrics.shapes import auroc_by_type, measure

SIZES = pytest.mark.parametrize("size", [32, 64])
THRESHOLDS = Thresholds(match=0.94, contrast=0.6, leftover=0.15)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def picture(size, *shapes):
    """A picture with shapes, each given as (name, column, top, left)."""
    truth = of_size(size)
    by_name = {shape.name: shape for shape in truth.shapes}
    drawn = truth.blank(1)
    for name, column, top, left in shapes:
        truth.draw(drawn, np.array([0]), by_name[name], np.array([top]), np.array([left]), column)
    return scaled(drawn)


def label(size, drawn):
    return label_pictures(drawn, of_size(size), THRESHOLDS).iloc[0]


# At 32 pixels columns are 10 wide, and a square may stand from place 1 to 4, row 1 to 25.
HAND_MADE = {
    "valid": [("triangle", 0, 0, 0), ("square", 1, 1, 1), ("pentagon", 2, 25, 4)],
    "duplicate": [("square", 1, 2, 1), ("square", 1, 14, 4)],
    "wrong_column": [("triangle", 0, 3, 3), ("square", 2, 9, 3)],
    "out_of_position": [("square", 1, 27, 2)],
    "malformed": [("square", 1, 5, 2), ("square", 1, 9, 2)],
    "blank": [],
}


@pytest.mark.parametrize("expected", HAND_MADE)
def test_a_picture_made_by_hand_gets_its_type(expected):
    assert label(32, picture(32, *HAND_MADE[expected]))["label"] == expected


def test_there_is_a_hand_made_picture_of_each_type():
    assert set(HAND_MADE) == set(TYPES)


def test_brightness_is_the_light_of_the_whole_picture_in_white_pixels():
    truth = of_size(32)
    drawn = picture(32, ("square", 1, 2, 1), ("pentagon", 2, 14, 2))
    white = sum(truth.shapes[number].template.sum() for number in (1, 2))
    assert label(32, drawn)["brightness"] == white
    assert label(32, drawn / 2)["brightness"] == pytest.approx(white / 2 + 32**2 / 4)


def test_two_of_a_shape_are_duplicates_wherever_they_stand():
    row = label(32, picture(32, ("triangle", 0, 3, 2), ("triangle", 2, 20, 2)))
    assert row["label"] == "duplicate"
    assert (row["triangles"], row["squares"], row["pentagons"], row["unknown"]) == (2, 0, 0, 0)


def test_the_list_of_shapes_found_has_a_score_for_each():
    row = label(64, picture(64, ("triangle", 0, 3, 2), ("pentagon", 2, 20, 2)))
    assert sorted(row["found"]) == ["pentagon", "triangle"]
    assert row["matches"] == pytest.approx([1, 1], abs=1e-5)
    assert row["match"] == min(row["matches"])
    assert dict(zip(row["found"], row["tops"], strict=True)) == pytest.approx(
        {"triangle": 3, "pentagon": 20}, abs=0.05
    )


@SIZES
def test_one_pixel_beyond_the_range_is_out_of_position_and_half_a_pixel_is_not(size):
    truth = of_size(size)
    square = truth.shapes[1]
    last = square.left[1]
    at, beyond = (picture(size, ("square", 1, 9, place)) for place in (last, last + 1))
    between = (at + beyond) / 2  # linear interpolation: half a pixel to the right
    assert label(size, at)["label"] == "valid"
    assert label(size, beyond)["label"] == "out_of_position"
    inside = (at + picture(size, ("square", 1, 9, last - 1))) / 2
    assert label(size, inside)["label"] == "valid"
    place = inspect(between, truth).objects["left"][0]
    assert place == pytest.approx(last + 0.5, abs=0.02)


@SIZES
def test_true_pictures_are_valid_and_counted_right(size):
    truth = of_size(size)
    pictures, labels = truth.sample(500, rng())
    found = label_pictures(pictures, truth, THRESHOLDS)
    assert (found["label"] == "valid").all()
    bits = found["triangles"] + 2 * found["squares"] + 4 * found["pentagons"]
    assert (bits == labels).all()
    assert found["match"].min() > 0.999


def test_grey_background_and_noise_leave_the_type_as_it_is():
    truth = of_size(32)
    for expected, shapes in HAND_MADE.items():
        drawn = np.repeat(picture(32, *shapes), 20, 0)
        worse = degrade(drawn, 0.4, 0.1, 0.04, rng())
        assert set(label_pictures(worse, truth, THRESHOLDS)["label"]) == {expected}


def test_haze_and_noise_are_told():
    truth = of_size(64)
    pictures = degrade(truth.sample(20, rng())[0], 0, 0.2, 0.03, rng())
    found = label_pictures(pictures, truth, THRESHOLDS)
    assert found["haze"].mean() == pytest.approx(0.2, abs=0.01)
    # Of the noise, the half below the background is cut off.
    assert 0.01 < found["noise"].mean() < 0.03


def test_two_shapes_that_touch_are_no_shape():
    row = label(32, picture(32, ("square", 1, 5, 2), ("pentagon", 1, 8, 2)))
    assert row["label"] == "malformed"
    assert row["unknown"] == 1


def test_a_faint_shape_beside_a_true_one_is_seen():
    drawn = picture(32, ("triangle", 0, 5, 2))
    ghost = picture(32, ("pentagon", 2, 15, 2))
    assert label(32, drawn)["label"] == "valid"
    assert label(32, np.maximum(drawn, 0.35 * (ghost + 1) - 1))["label"] == "malformed"


@pytest.mark.parametrize("value", [np.nan, np.inf, 5.0, 1.0, 0.2])
def test_a_picture_that_is_mostly_light_or_no_number_is_malformed(value):
    assert label(32, np.full((1, 1, 32, 32), value, np.float32))["label"] == "malformed"


@pytest.mark.parametrize("value", [-np.inf, -1.0, -0.7])
def test_a_dark_picture_is_blank(value):
    assert label(32, np.full((1, 1, 32, 32), value, np.float32))["label"] == "blank"


def test_pictures_do_not_depend_on_their_neighbours():
    truth = of_size(32)
    pictures = degrade(truth.sample(1_500, rng())[0], 0.5, 0.05, 0.03, rng())
    together = label_pictures(pictures, truth, THRESHOLDS)
    apart = label_pictures(pictures[1_200:1_210], truth, THRESHOLDS)
    columns = ["label", "triangles", "squares", "pentagons", "unknown"]
    assert (together[columns][1_200:1_210].to_numpy() == apart[columns].to_numpy()).all()


# --- calibration and audit ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def audited():
    """Calibration and audit at both sizes, on small numbers: {size: (thresholds, audit)}."""
    results = {}
    for size in (32, 64):
        truth = of_size(size)
        degraded = {"blur": 0.65, "haze": 0.15, "noise": 0.03}
        table = calibrate(truth, n=400, rng=rng(1), **degraded)
        thresholds = Thresholds.from_table(table)
        found = audit(truth, thresholds, true=1_000, planted=150, rng=rng(2), **degraded)
        results[size] = table, found
    return results


def share(audited, size, kind, labels, degraded, method="counter"):
    _, found = audited[size]
    rows = found.query("method == @method and pictures == @kind and degraded == @degraded")
    return rows.set_index("label")["share"][labels].sum()


def missed(audited, size, kind, degraded, method="counter"):
    return share(audited, size, kind, ["valid"], degraded, method)


@SIZES
def test_false_alarms_are_rare(audited, size):
    assert share(audited, size, "true", ["valid"], False) >= 0.999
    assert share(audited, size, "true", ["valid"], True) >= 0.99


@SIZES
@pytest.mark.parametrize("degraded", [False, True])
@pytest.mark.parametrize("kind", ["duplicate", "duplicate_elsewhere", "wrong_column", "blank"])
def test_duplicates_wrong_columns_and_blanks_are_found_by_their_name(audited, size, kind, degraded):
    # A blurred shape elsewhere may pass for the one that is due there, and is then no shape.
    least = 0.8 if degraded and kind in ("duplicate_elsewhere", "wrong_column") else 0.98
    assert share(audited, size, kind, [KINDS[kind][0]], degraded) >= least
    assert missed(audited, size, kind, degraded) <= 0.01


@SIZES
@pytest.mark.parametrize("kind", [kind for kind, (type_, _) in KINDS.items() if type_ != "blank"])
def test_clean_errors_of_every_kind_are_found(audited, size, kind):
    assert missed(audited, size, kind, degraded=False) <= 0.01


def test_degraded_errors_are_found_at_64_pixels(audited):
    for kind, (type_, _) in KINDS.items():
        if type_ in ("malformed", "out_of_position"):
            assert missed(audited, 64, kind, degraded=True) <= 0.05, kind


@SIZES
def test_what_would_pass_for_the_shape_that_is_due_is_no_other_shape_there(size):
    """Between a square and the pentagon that is due, it would pass for both, and is neither."""
    square, pentagon = (picture(size, (name, 2, 5, 2)) for name in ("square", "pentagon"))
    found = {0.3: "valid", 0.55: "malformed", 0.6: "malformed", 0.8: "wrong_column"}
    for share, expected in found.items():
        assert label(size, share * square + (1 - share) * pentagon)["label"] == expected, share


@SIZES
@pytest.mark.parametrize("blur", [0.0, 0.4])
def test_no_malformed_shape_makes_a_clear_combination_where_true_shapes_do(audited, size, blur):
    truth, thresholds = of_size(size), Thresholds.from_table(audited[size][0])
    shares = {}
    for kind in ("duplicate_elsewhere", "wrong_column", "hybrid", "cut", "thick", "grey", "faint"):
        pictures = degrade(plant(truth, kind, 400, rng(4)), blur, 0, 0, rng(5))
        found = label_pictures(pictures, truth, thresholds)
        clear = found["match"] >= CLEAR
        shares[kind] = (found["label"].isin(COMBINED) & clear).mean()
    assert min(shares.pop("duplicate_elsewhere"), shares.pop("wrong_column")) > 0.95
    assert set(shares.values()) == {0}


def test_blur_takes_clear_pictures_and_leaves_the_share_of_wrong_ones_among_them(audited):
    """The share among all pictures would fall, and a blurred generation seem better."""
    table, found = audited[32]
    truth, thresholds = of_size(32), Thresholds.from_table(table)
    wrong = plant(truth, "duplicate_elsewhere", 300, rng(6))
    pictures = np.concatenate([wrong, truth.sample(2_700, rng(7))[0]])
    shares = []
    for blur in (0.3, 0.53):
        scores = label_pictures(degrade(pictures, blur, 0, 0, rng(8)), truth, thresholds)
        rows = {row.label: row for row in measure(scores, table, found, truth.weights)}
        shares.append(rows["clear_combination"])
    assert shares[1].n < 0.8 * shares[0].n
    assert shares[0].value == pytest.approx(0.1, abs=0.01)
    assert shares[1].value / shares[0].value > 0.8


def test_a_rule_that_counts_pixels_passes_most_duplicates(audited):
    assert missed(audited, 64, "duplicate", False, "pixel_count") > 0.5
    assert missed(audited, 64, "duplicate_elsewhere", False, "pixel_count") > 0.9
    assert missed(audited, 64, "true", False, "pixel_count") == 1


def test_the_shares_of_a_kind_add_up_and_lie_in_their_intervals(audited):
    for _, found in audited.values():
        sums = found.groupby(["method", "pictures", "degraded"])["share"].sum()
        assert sums.to_numpy() == pytest.approx(1)
        assert found["low"].le(found["share"]).all()
        assert found["high"].ge(found["share"]).all()


def test_a_threshold_lies_between_true_pictures_and_errors_or_spares_the_true_ones(audited):
    for table, _ in audited.values():
        for row in table.itertuples():
            low, high = sorted((row.worst_true, row.best_planted))
            assert low <= row.threshold <= high


def test_calibration_is_the_same_for_the_same_seed():
    first, again = (calibrate(of_size(32), 0.5, 0.1, 0.03, 100, rng(3)) for _ in range(2))
    assert first.equals(again)


def test_pixels_are_counted_in_the_columns():
    truth = of_size(64)
    one = picture(64, ("square", 1, 9, 3))
    two = picture(64, ("square", 1, 9, 3), ("square", 1, 30, 3), ("triangle", 0, 5, 5))
    none = picture(64)
    pictures = np.concatenate([one, two, none])
    assert pixel_count.label_pictures(pictures, truth).tolist() == ["valid", "valid", "invalid"]


# --- metrics -----------------------------------------------------------------------------------


def test_rates_by_type_come_with_intervals_floors_and_the_threshold(audited):
    table, found = audited[32]
    truth = of_size(32)
    drawn = [picture(32, *HAND_MADE[name]) for name in TYPES for _ in range(10)]
    scores = label_pictures(np.concatenate(drawn), truth, Thresholds.from_table(table))
    rows = {row.label or row.metric: row for row in measure(scores, table, found, truth.weights)}
    assert rows["hallucination_rate"].value == pytest.approx(5 / 6)
    both = [rows["duplicate"], rows["wrong_column"]]
    assert rows["combination"].value == pytest.approx(2 / 6)
    assert rows["combination"].blurred == pytest.approx(sum(row.blurred for row in both))
    assert (rows["clear_combination"].value, rows["clear_combination"].n) == (1 / 2, 40)
    assert rows["clear_combination"].match_threshold == CLEAR
    for name in TYPES[1:]:
        rate = rows[name]
        assert rate.value == pytest.approx(1 / 6)
        assert rate.low < 1 / 6 < rate.high
        assert rate.floor == share(audited, 32, "true", [name], False)
        # None of some hundreds is not never.
        assert rate.blurred > max(rate.floor, share(audited, 32, "true", [name], True))
        assert rate.metric == "label_rate"
        assert rate.match_threshold == Thresholds.from_table(table).match
    assert rows["modes_covered"].value == 1


def test_each_type_has_an_auroc_of_its_own_against_the_valid():
    labels = ["valid"] * 3 + ["duplicate"] * 2 + ["blank"]
    scores = pd.DataFrame({"label": labels, "hal_0_4": [1.0, 2, 3, 4, 5, 0]})
    rows = {row.label: row for row in auroc_by_type(scores, [Score("hal", 0, 4)])}
    assert {row.metric for row in rows.values()} == {"label_auroc"}
    assert (rows["duplicate"].value, rows["blank"].value) == (1, 0)
    assert rows["duplicate"].n == 5
    assert math.isnan(rows["malformed"].value)
