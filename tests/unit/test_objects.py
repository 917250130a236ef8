"""What a score tells of wrong combinations beyond the number of objects."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mirage.datasets.shapes import Shapes
from mirage.detectors import Score
from mirage.metrics import objects

HAL = Score("hal", 13, 24)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(effect: float, n: int = 6_000, share: float = 0.08, seed: int = 0) -> pd.DataFrame:
    """Pictures of which wrong ones have an object more, and whose score grows with the number.

    effect: by how many standard deviations wrong ones score more than that.
    """
    own = rng(seed)
    wrong = own.random(n) < share
    number = own.choice([1, 2, 3], n, p=[3 / 7, 3 / 7, 1 / 7]) + wrong
    score = np.exp(own.normal(number + effect * wrong, 1))
    return pd.DataFrame(
        {
            "sample": range(n),
            "label": np.where(wrong, "duplicate", "valid"),
            "triangles": number,
            "squares": 0,
            "pentagons": 0,
            "unknown": 0,
            "brightness": 17.0 * number + own.normal(0, 1, n),
            HAL.column: score,
        }
    )


def measured(pictures: pd.DataFrame) -> dict:
    return {(row.metric, row.objects): row for row in objects.measure(pictures, [HAL])}


def test_a_score_that_counts_objects_adds_nothing_however_well_it_tells():
    found = measured(drawn(effect=0))
    assert found["objects_auroc", None].low > 0.7
    gain = found["objects_gain", None]
    assert gain.low < 0 or gain.value < 2e-4
    assert gain.value == pytest.approx(gain.floor, abs=1e-3)
    within = found["within_auroc", None]
    assert within.low < 0.5 < within.high


def test_a_score_that_tells_more_adds_to_the_number_and_its_shuffled_copy_does_not():
    found = measured(drawn(effect=1))
    gain = found["objects_gain", None]
    assert gain.low > 0
    assert gain.floor < gain.low / 5
    # A normal score one deviation higher: AUROC of Phi(1 / sqrt 2).
    assert found["within_auroc", None].value == pytest.approx(0.760, abs=0.03)
    assert found["within_auroc_over_brightness", None].value > 0.2
    # The upper 5 % quantile of wrong ones lies 0.645 below the middle of the valid.
    assert found["within_kept", None].value == pytest.approx(0.26, abs=0.1)


def test_gains_are_those_of_logistic_models_that_were_not_fitted_to_the_picture():
    pictures = drawn(effect=1, n=600)
    wrong = (pictures["label"] != "valid").to_numpy()
    number, score = pictures["triangles"].to_numpy(), pictures[HAL.column].to_numpy()
    logarithm = pd.Series(np.log(score))
    values = (logarithm - logarithm.groupby(number).transform("mean")).to_numpy()
    values = values / values.std()
    alone = (number[:, None] == np.unique(number)).astype(float)
    rest = np.arange(len(wrong)) % objects.FOLDS != 0
    told = []
    for features in (np.column_stack([alone, values]), alone):
        model = LogisticRegression(C=1 / objects.RIDGE, fit_intercept=False, tol=1e-8)
        p = model.fit(features[rest], wrong[rest]).predict_proba(features[~rest])[:, 1]
        told.append(np.log(np.where(wrong[~rest], p, 1 - p)))
    expected = told[0] - told[1]
    assert objects.gains(wrong, number, score)[~rest] == pytest.approx(expected, abs=1e-3)


def test_a_score_that_is_the_number_itself_gains_nothing_at_all():
    """Not even what a weight shared by two features eases of the ridge, alike in every seed."""
    pictures = drawn(effect=0, n=1_000)
    wrong = (pictures["label"] != "valid").to_numpy()
    number = pictures["triangles"].to_numpy()
    for score in (number.astype(float), np.full(len(wrong), 0.1)):
        assert (objects.gains(wrong, number, score) == 0).all()


def test_no_score_beats_a_brightness_that_tells_the_other_way_by_telling_nothing():
    pictures = drawn(effect=0)
    wrong = pictures["label"] != "valid"
    found = measured(pictures.assign(brightness=pictures["brightness"] - 2.0 * wrong))
    # Darker by two of its standard deviations: AUROC of Phi(sqrt 2).
    assert found["brightness_auroc", None].value == pytest.approx(0.921, abs=0.02)
    assert found["within_auroc_over_brightness", None].value < -0.3


def test_the_interval_of_what_is_kept_is_also_that_of_its_thresholds():
    shares = []
    for seed in range(40):
        pictures = drawn(effect=1, n=5_000, seed=seed)
        wrong = (pictures["label"] != "valid").to_numpy()
        score, number = pictures[HAL.column].to_numpy(), pictures["triangles"].to_numpy()
        strata = objects.enough(wrong, number)
        shares.append(objects.kept(pictures["sample"].to_numpy(), wrong, score, strata)[:2])
    values, errors = np.array(shares).T
    covered = np.abs(values - values.mean()) < 1.96 * errors
    assert covered.mean() > 0.85


def test_shuffled_scores_stay_among_pictures_with_as_many_objects():
    number = rng().integers(1, 4, 500)
    score = number + rng(1).random(500) / 2
    mixed = objects.shuffled(number, score, rng(2))
    assert (mixed.astype(int) == number).all()
    assert sorted(mixed) == sorted(score)
    assert (mixed != score).mean() > 0.9


def test_a_number_of_objects_with_fewer_than_100_wrong_pictures_is_too_few():
    pictures = drawn(effect=1, n=3_000)
    wrong = pictures[pictures["label"] != "valid"]["triangles"].value_counts()
    found = measured(pictures)
    few = [number for number in wrong.index if wrong[number] < objects.LEAST]
    assert few
    for number in wrong.index:
        row = found["stratum_auroc", number]
        assert row.n == wrong[number]
        assert math.isnan(row.value) == (number in few)
    assert found["within_auroc", None].n == wrong.drop(few).sum()


def test_a_number_of_objects_with_hardly_a_valid_picture_is_too_few_as_well():
    wrong = np.arange(400) >= 3
    assert objects.enough(wrong, np.full(400, 4)) == []
    assert len(objects.enough(np.arange(400) >= 100, np.full(400, 4))) == 1


def test_among_pictures_of_as_many_kinds_a_score_that_counts_tells_all():
    """A second square beside the same shapes: what counts objects tells it from one."""
    pictures = drawn(effect=0).assign(triangles=1)
    wrong = (pictures["label"] != "valid").to_numpy()
    pictures = pictures.assign(squares=1 + wrong)
    number = 2 + wrong
    told = {
        name: measured(pictures.assign(**{HAL.column: score}))["kinds_auroc", None]
        for name, score in (("number", number), ("noise", rng(3).random(len(wrong))))
    }
    assert told["number"].value == 1
    assert told["noise"].low < 0.5 < told["noise"].high
    assert told["noise"].n == wrong.sum()


def test_kinds_are_counted_once_however_often_a_picture_shows_them():
    counts = [(1, 0, 0), (2, 0, 0), (0, 1, 0), (1, 1, 0), (1, 2, 0), (0, 0, 0), (1, 1, 1)]
    pictures = pd.DataFrame(counts, columns=["triangles", "squares", "pentagons"])
    assert list(objects.kinds(pictures)) == [1, 1, 1, 2, 2, 0, 3]


def test_what_brightness_adds_to_the_number_stands_beside_what_a_score_adds():
    pictures = drawn(effect=0)
    wrong = pictures["label"] != "valid"
    found = measured(pictures.assign(brightness=pictures["brightness"] - 2.0 * wrong))
    assert found["brightness_gain", None].low > 0
    assert measured(pictures)["brightness_gain", None].value < 5e-4


def test_where_all_are_too_few_nothing_is_said():
    found = measured(drawn(effect=1, n=400))
    for metric in ("objects_gain", "within_auroc", "within_kept", "within_auroc_over_brightness"):
        assert math.isnan(found[metric, None].value)
    none = drawn(effect=1, n=400)
    assert math.isnan(measured(none[none["label"] == "valid"])["objects_auroc", None].value)


def test_detection_of_shapes_is_of_wrong_combinations_and_sets_others_aside():
    labels = ["valid", "duplicate", "blank", "wrong_column", "malformed", "out_of_position"]
    (judged,) = Shapes(samples=1, heldout=0).judged([pd.DataFrame({"label": labels})])
    assert list(judged["label"]) == ["valid", "duplicate", "wrong_column"]
