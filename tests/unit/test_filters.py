import numpy as np
import pandas as pd
import pytest

from mirage.filters import by_score, filters, select
from mirage.registry import DETECTORS, FILTERS
from mirage.rng import numpy_rng

SCORES = pd.DataFrame(
    {
        "sample": [10, 11, 12, 13, 14, 15],
        "hal": [0.5, 0.1, 0.9, 0.1, 0.3, 0.2],
        **{name: [0.3, 0.1, 0.2, 0.6, 0.5, 0.4] for name in DETECTORS if name != "hal"},
        "label": ["invalid", "valid", "valid", "interpolated", "valid", "invalid"],
    }
)


def many(n: int = 1000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(n) < 0.1, "interpolated", "valid")
    scores = {name: rng.random(n) for name in DETECTORS}
    return pd.DataFrame({"sample": np.arange(n), **scores, "label": labels})


def kept(name: str, keep: int, scores: pd.DataFrame = SCORES, seed: int = 0, **options) -> list:
    return select(scores, name, keep, numpy_rng(seed, "filter"), **options).tolist()


@pytest.mark.parametrize(
    ("name", "keep", "expected"),
    [
        ("none", 3, [10, 11, 12]),
        ("hal", 1, [11]),
        ("hal", 3, [11, 13, 15]),
        ("hal", 5, [10, 11, 13, 14, 15]),
        ("oracle", 2, [11, 12]),
        ("oracle", 3, [11, 12, 14]),
    ],
)
def test_a_filter_keeps_what_its_rule_says_in_the_order_drawn(name, keep, expected):
    assert kept(name, keep) == expected


@pytest.mark.parametrize("name", filters())
@pytest.mark.parametrize("keep", [1, 400, 999, 1000])
def test_all_filters_keep_the_same_number_each_sample_once_in_the_order_drawn(name, keep):
    ids = kept(name, keep, many())
    assert len(ids) == keep
    assert ids == sorted(set(ids))


def test_among_equals_the_first_drawn_are_kept():
    equal = SCORES.assign(hal=0.0)
    assert kept("hal", 4, equal) == [10, 11, 12, 13]
    coarse = many().assign(hal=np.arange(1000) % 10)
    # Of 100 samples with each score: all with 0, and the first 50 with 1.
    assert kept("hal", 150, coarse) == sorted([*range(0, 1000, 10), *range(1, 500, 10)])
    tied = SCORES.assign(hal=[1, 0, 1, 0, 1, 0])
    assert kept("hal", 4, tied) == [10, 11, 13, 15]


def test_the_oracle_keeps_every_valid_sample_before_any_other():
    assert kept("oracle", 5) == [10, 11, 12, 13, 14]
    assert set(kept("oracle", 4)) > {11, 12, 14}


def test_the_oracle_does_not_rank_valid_samples_by_score():
    assert kept("oracle", 1) == [11]
    assert kept("oracle", 1, SCORES.assign(hal=-SCORES["hal"])) == [11]


def test_the_hal_filter_drops_the_largest_scores():
    scores = many()
    ids = kept("hal", 900, scores)
    dropped = scores.loc[~scores["sample"].isin(ids), "hal"]
    assert dropped.min() > scores.loc[scores["sample"].isin(ids), "hal"].max()


def test_a_sample_without_a_score_is_dropped_first():
    broken = SCORES.assign(hal=[np.nan, 5, 5, np.nan, 5, np.inf])
    assert kept("hal", 4, broken) == [11, 12, 14, 15]


def test_a_threshold_leaves_fewer_where_too_many_lie_above_it():
    assert kept("hal", 5, threshold=0.3) == [11, 13, 14, 15]
    assert kept("hal", 2, threshold=0.3) == [11, 13]
    assert kept("hal", 5, threshold=0.0) == []


def test_the_threshold_itself_may_be_kept():
    assert kept("hal", 6, threshold=0.5) == [10, 11, 13, 14, 15]


def test_a_random_filter_differs_by_seed_and_not_by_call():
    first = kept("random", 500, many(), seed=0)
    assert kept("random", 500, many(), seed=0) == first
    assert kept("random", 500, many(), seed=1) != first


def test_a_random_filter_favours_no_sample():
    keeps = np.zeros(100)
    for seed in range(400):
        keeps[kept("random", 30, many(100), seed=seed)] += 1
    # Binomial(400, 0.3) for each: five standard errors for 100 samples.
    assert np.abs(keeps / 400 - 0.3).max() < 5 * (0.3 * 0.7 / 400) ** 0.5


def test_a_random_filter_does_not_look_at_scores_or_labels():
    scores = many()
    blind = scores.assign(hal=-scores["hal"], label="valid")
    assert kept("random", 300, scores) == kept("random", 300, blind)


@pytest.mark.parametrize("name", filters())
def test_more_cannot_be_kept_than_were_drawn(name):
    with pytest.raises(ValueError, match="cannot keep 7 of 6 samples"):
        kept(name, 7)


@pytest.mark.parametrize("name", filters())
def test_keeping_all_keeps_all(name):
    assert kept(name, 6) == SCORES["sample"].tolist()


def test_every_detector_is_a_filter():
    assert set(DETECTORS) <= set(filters())


def test_a_new_filter_needs_only_its_entry(monkeypatch):
    monkeypatch.setitem(FILTERS, "odd_first", lambda scores, rng: scores["sample"] % 2 == 0)
    assert kept("odd_first", 3) == [11, 13, 15]


def test_a_new_detector_filters_by_its_own_column(monkeypatch):
    monkeypatch.setitem(FILTERS, "drift", by_score("drift"))
    scores = SCORES.assign(drift=[6, 5, 4, 3, 2, 1])
    assert kept("drift", 2, scores) == [14, 15]


def test_selecting_leaves_the_scores_as_they_were():
    scores = many()
    kept("hal", 10, scores)
    pd.testing.assert_frame_equal(scores, many())
