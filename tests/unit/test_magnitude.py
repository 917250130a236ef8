"""How large an effect is over seeds, on the scale where it adds up."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from mirage.metrics import magnitude


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_mean_over_seeds_is_judged_by_students_t():
    values = np.array([0.3, 0.5, 0.2, 0.6, np.nan, 0.4])
    found = magnitude.above(values, 0.1)
    assert found.holds == ttest_1samp(values, 0.1, nan_policy="omit", alternative="greater").pvalue
    assert found.fails == pytest.approx(1 - found.holds)
    assert magnitude.below(values, 0.1).fails == found.holds


def test_many_runs_are_judged_as_one_by_one_and_seeds_without_a_number_do_not_count():
    values = rng().standard_normal((4, 5))
    values[0, 2], values[1, :3], values[2] = np.nan, np.nan, 1.0
    found = magnitude.above(values, 0.1)
    for row, holds in zip(values, found.holds, strict=True):
        assert holds == pytest.approx(magnitude.above(row, 0.1).holds, nan_ok=True)
    assert np.isnan(found.holds).tolist() == [False, True, True, False]


def test_seeds_that_all_show_the_same_number_have_no_interval():
    assert math.isnan(magnitude.above([0.0] * 5, 0.1).holds)


def test_scales_are_those_of_shares_and_of_none_too():
    assert magnitude.log_rate(100, 10_000) == pytest.approx(math.log(0.01), abs=0.01)
    assert magnitude.logit(2_000, 10_000) == pytest.approx(math.log(0.25), abs=0.01)
    assert np.isfinite(
        [magnitude.log_rate(0, 10), magnitude.logit(0, 10), magnitude.logit(5, 5)]
    ).all()


@pytest.mark.parametrize("log_sd", [0.5, 1.0])
def test_intervals_of_five_seeds_cover_the_typical_rate_on_the_log_scale_alone(log_sd):
    """20,000 samples a seed of a typical rate of 1 %; 5,000 experiments of five seeds."""
    rates = 0.01 * np.exp(log_sd * rng().standard_normal((5_000, 5)))
    hits = rng(1).binomial(20_000, np.minimum(rates, 1))

    def covered(values, truth):
        _, low, high = magnitude.interval(values)
        return np.mean((low <= truth) & (truth <= high))

    assert covered(magnitude.log_rate(hits, 20_000), math.log(0.01)) == pytest.approx(
        0.95, abs=0.0125
    )
    mean = 0.01 * math.exp(log_sd**2 / 2)
    assert covered(hits / 20_000, mean) < 0.93


def test_a_trend_is_the_power_of_the_excess_over_the_floor():
    levels = np.array([20, 40, 80])
    floors = np.array([[50.0] * 5, [5.0] * 5, [0.0] * 5])
    hits = floors + np.rint(1e6 / levels[:, None] ** 2)
    slopes = magnitude.trend(levels, hits, floors, np.full((3, 5), 1e5), [True] * 3)
    assert slopes == pytest.approx(-2, abs=0.01)


def test_levels_with_nothing_but_the_floor_have_no_part_in_a_trend():
    hits, floors = (
        np.array([[8] * 5, [0] * 5, [0] * 5]),
        np.array([[8.0] * 5, [0.0] * 5, [0.0] * 5]),
    )
    slopes = magnitude.trend([20, 40, 80], hits, floors, np.full((3, 5), 1e4), [False] * 3)
    assert np.isnan(slopes).all()
    assert math.isnan(magnitude.below(slopes, 0).holds)


def test_a_trend_of_many_runs_takes_the_levels_that_each_has():
    levels, n = np.array([10.0, 20.0, 40.0]), np.full((2, 3, 5), 10**9)
    hits = np.rint(1e8 / levels[:, None] ** np.array([[[1.0]], [[2.0]]]) * np.ones(5))
    hits[1, 2] = 0  # nothing is seen there
    seen = np.array([[True, True, True], [True, True, False]])
    slopes = magnitude.trend(levels, hits, np.zeros(hits.shape), n, seen)
    assert slopes == pytest.approx(np.array([[-1] * 5, [-2] * 5]), abs=1e-3)
