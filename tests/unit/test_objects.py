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
    values = np.log(score)
    values = (values - values.mean()) / values.std()
    alone = (number[:, None] == np.unique(number)).astype(float)
    rest = np.arange(len(wrong)) % objects.FOLDS != 0
    told = []
    for features in (np.column_stack([alone, values]), alone):
        model = LogisticRegression(C=1 / objects.RIDGE, fit_intercept=False, tol=1e-8)
        p = model.fit(features[rest], wrong[rest]).predict_proba(features[~rest])[:, 1]
        told.append(np.log(np.where(wrong[~rest], p, 1 - p)))
    expected = told[0] - told[1]
    assert objects.gains(wrong, number, score)[~rest] == pytest.approx(expected, abs=1e-3)


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
