"""From counts and numbers by seed to evidence, and from evidence to verdicts."""

import math

import numpy as np
import pytest
from scipy.stats import poisson, ttest_1samp

from mirage.metrics import magnitude
from mirage.metrics.nulls import Sides
from mirage.metrics.verdicts import (
    Evidence,
    all_of,
    decide,
    fewer_than_random,
    holm,
    more_than_floor,
    more_than_random,
    no_more_than_floor,
    samples_to_bound,
    samples_to_find,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- existence ----------------------------------------------------------------------------------


def test_371_hits_where_a_hundredth_of_one_is_expected_are_not_undecided():
    found = more_than_floor([300, 0, 71, 3, 5], [0.02] * 5, wanted=50)
    assert found.holds < 1e-100
    assert found.fails > 0.5


def test_39_hits_at_a_floor_of_4_are_more_than_three_floors_allow():
    """True score on the rotated grid: it kept a margin of 1e-4, 27 floors wide."""
    found = no_more_than_floor([13, 15, 11], [1.3] * 3)
    assert found.holds > 0.5
    assert found.fails < 1e-9


def test_one_seed_alone_is_not_existence():
    found = more_than_floor([500, 0, 0, 0, 0], [0.1] * 5, wanted=50)
    assert found.holds == 1
    assert more_than_floor([500, 1, 1, 1, 0], [0.1] * 5, wanted=50).holds < 1e-9


def test_too_few_hits_speak_against_the_wanted_effect():
    found = more_than_floor([0, 1, 0, 0, 0], [0.1] * 5, wanted=20)
    assert found.fails == pytest.approx(poisson.cdf(1, 20))


@pytest.mark.parametrize("decide_by", [more_than_floor, no_more_than_floor])
def test_with_two_seeds_there_is_no_evidence(decide_by):
    found = decide_by([5, 5], [0.1, 0.1], 3.0)
    assert math.isnan(found.holds)
    assert math.isnan(found.fails)


def test_random_directions_need_all_seeds_but_one():
    agreeing = [Sides(9, 10)] * 4 + [Sides(4, 10)]
    assert more_than_random(agreeing, times=1).holds == pytest.approx(Sides(40, 50).more())
    # Two hits inwards for each outwards are no more than twice as many.
    assert more_than_random([Sides(20, 30)] * 5, times=2).holds > 0.4
    split = [Sides(30, 30)] * 3 + [Sides(4, 10)] * 2
    assert more_than_random(split).holds == 1
    assert fewer_than_random([Sides(1, 10)] * 5).holds < 0.01
    assert fewer_than_random(agreeing).fails < 0.01


# --- sample sizes -------------------------------------------------------------------------------


def power_to_find(n, floor, rate):
    critical = poisson.isf(0.05, n * floor) + 1
    return poisson.sf(critical - 1, n * rate)


@pytest.mark.parametrize(("floor", "rate"), [(1e-6, 1e-4), (1e-3, 2e-3), (0.0, 1e-3)])
def test_the_samples_that_are_asked_for_find_the_rate_and_hardly_fewer_do(floor, rate):
    n = samples_to_find(floor, rate)
    assert power_to_find(n, floor, rate) >= 0.95
    assert power_to_find(0.97 * n, floor, rate) < 0.95


def test_nothing_finds_what_is_not_there():
    assert samples_to_find(1e-3, 1e-3) == math.inf


def test_three_samples_in_the_wanted_rate_are_needed_where_the_floor_is_nothing():
    """One hit suffices, and P(0 hits) = 0.05 at three expected."""
    assert samples_to_find(0.0, 1e-3) == pytest.approx(-1000 * math.log(0.05), abs=1)


def test_the_samples_that_are_asked_for_show_the_floor_to_be_within_the_margin():
    floor = 3.7e-6
    n = samples_to_bound(floor)

    def power(n):  # the most hits that are rarer than alpha at three floors
        return poisson.cdf(poisson.ppf(0.05, 3 * n * floor) - 1, n * floor)

    assert power(n * 1.0001) >= 0.95
    assert power(0.97 * n) < 0.95


# --- magnitude ----------------------------------------------------------------------------------


def test_a_mean_over_seeds_is_judged_by_students_t():
    values = np.array([0.3, 0.5, 0.2, 0.6, np.nan, 0.4])
    found = magnitude.above(values, 0.1)
    assert found.holds == ttest_1samp(values, 0.1, nan_policy="omit", alternative="greater").pvalue
    assert found.fails == pytest.approx(1 - found.holds)
    assert magnitude.below(values, 0.1).fails == found.holds


def test_being_within_a_bound_takes_both_sides():
    assert magnitude.within([0.01, -0.01, 0.02, 0.0, -0.02], 0.1).holds < 0.01
    assert magnitude.within([0.01, -0.01, 0.02, 0.0, 0.3], 0.1).holds > 0.05
    assert magnitude.within([0.5, 0.51, 0.52, 0.49, 0.5], 0.1).fails < 0.01


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
        low, high = ttest_1samp(values, 0, axis=1).confidence_interval()
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


# --- families -----------------------------------------------------------------------------------


def test_holm_by_hand():
    adjusted = holm([0.01, 0.04, 0.03, math.nan, 0.005])
    assert adjusted[[0, 1, 2, 4]] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert math.isnan(adjusted[3])
    assert holm([0.7, 0.6]).tolist() == [1, 1]


def test_holm_keeps_the_rate_of_any_false_verdict_in_a_family():
    p = rng().uniform(size=(4_000, 6))
    wrong = np.mean([(holm(row) <= 0.05).any() for row in p])
    assert wrong == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / 4_000) ** 0.5)


def test_a_verdict_needs_its_evidence_after_adjustment():
    family = [Evidence(0.001, 0.99), Evidence(0.03, 0.9), Evidence(0.9, 0.001), Evidence(0.9, 0.5)]
    assert decide(family) == ["holds", "undecided", "does not hold", "undecided"]
    assert decide(family[1:2]) == ["holds"]
    assert decide([Evidence(math.nan, math.nan)]) == ["undecided"]


def test_a_claim_of_two_parts_is_as_strong_as_the_weaker_one():
    found = all_of(Evidence(0.001, 0.9), Evidence(0.2, 0.02))
    assert found.holds == 0.2
    assert found.fails == 0.04
    assert math.isnan(all_of(Evidence(0.01, 0.9), Evidence(math.nan, math.nan)).holds)
