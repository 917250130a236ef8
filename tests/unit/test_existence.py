"""Whether something exists: counts against floors, against others, and against chance."""

import math

import numpy as np
import pytest
from scipy.stats import binom, poisson

from mirage.metrics.existence import (
    fewer_than_chance,
    finds,
    more_than_chance,
    more_than_floor,
    more_than_mirror,
    more_than_other,
    no_more_than_floor,
    same_as_floor,
    samples_to_bound,
    samples_to_find,
    samples_to_point,
)

# --- counts -------------------------------------------------------------------------------------


def test_371_hits_where_a_hundredth_of_one_is_expected_are_not_undecided():
    found = more_than_floor([300, 0, 71, 3, 5], [0.02] * 5, wanted=50)
    assert found.holds < 1e-100
    assert found.fails > 0.5


def test_39_hits_at_a_floor_of_4_are_more_than_three_floors_allow():
    """True score on the rotated grid: it kept a margin of 1e-4, 27 floors wide."""
    found = no_more_than_floor([13, 15, 11], [1.3] * 3, 3)
    assert found.holds > 0.5
    assert found.fails < 1e-5


def test_one_seed_alone_is_not_existence():
    found = more_than_floor([500, 0, 0, 0, 0], [0.1] * 5, wanted=50)
    assert found.holds == 1
    others = more_than_floor([500, 1, 1, 1, 0], [0.1] * 5, wanted=50)
    assert others.holds == pytest.approx(poisson.sf(2, 0.4))


WRONG = [30, 1, 1, 1, 1]
"""One seed, and the others where they are expected to be, or just above."""


@pytest.mark.parametrize(
    "found",
    [
        more_than_floor(WRONG, [0.9] * 5, wanted=50),
        more_than_chance([30, 13, 13, 13, 13], [30] * 5, [12.9] * 5, times=1),
        fewer_than_chance([0, 11, 11, 11, 11], [30] * 5, [11.1] * 5),
        more_than_other(WRONG, 1_000, [0, 1, 1, 0, 1], 1_000),
        no_more_than_floor([0, 29, 29, 29, 29], [10] * 5, 3),
        same_as_floor([1_500, 950, 950, 950, 950], [1_000] * 5, 1.1),
        same_as_floor([0, 1_060, 1_060, 1_060, 1_060], [1_000] * 5, 1.1),
    ],
)
def test_one_wrong_seed_decides_nothing(found):
    assert found.holds > 0.2
    assert found.fails > 0.05


def test_seeds_below_the_margin_do_not_make_up_for_one_beyond_it():
    assert no_more_than_floor([500] * 4 + [9_000], [1_000] * 5, 3).holds == 1
    assert same_as_floor([1_000] * 4 + [700], [1_000] * 5, 1.2).holds == 1


def test_too_few_hits_speak_against_the_wanted_effect():
    found = more_than_floor([0, 1, 0, 0, 0], [0.1] * 5, wanted=20)
    assert found.fails == pytest.approx(poisson.cdf(1, 16))


@pytest.mark.parametrize("decide_by", [more_than_floor, no_more_than_floor])
def test_with_two_seeds_there_is_no_evidence(decide_by):
    found = decide_by([5, 5], [0.1, 0.1], 3.0)
    assert math.isnan(found.holds)
    assert math.isnan(found.fails)


def test_random_directions_need_all_seeds_but_one():
    hits, n, expected = [9] * 4 + [4], [10] * 5, [5.0] * 5
    found = more_than_chance(hits, n, expected, times=1)
    assert found.holds == pytest.approx(binom.sf(30, 40, 0.5))
    split = more_than_chance([30] * 3 + [4] * 2, [30] * 3 + [10] * 2, [15.0] * 3 + [5.0] * 2)
    assert split.holds == 1
    assert fewer_than_chance([1] * 5, n, expected).holds < 0.01
    assert fewer_than_chance(hits, n, expected).fails < 0.01


def test_hits_must_be_more_than_a_tenth_more_than_chance_gives():
    """Which is what the tails of neighbours, meeting between them, may add."""
    hits, n, expected = [545] * 5, [1_000] * 5, [500.0] * 5
    assert more_than_chance(hits, n, expected, times=1).holds < 1e-8
    assert more_than_chance(hits, n, expected).holds > 0.5


def test_what_lies_inwards_is_held_against_its_image():
    assert more_than_mirror([9] * 5, [9] * 5).holds == pytest.approx(0.55**36)
    assert more_than_mirror([500] * 5, [1_000] * 5).holds > 0.5
    assert more_than_mirror([10, 10, 10, 0, 0], [10] * 5).holds == 1


def test_that_no_more_lies_inwards_denies_no_bridges():
    """Tails and noise may hide them."""
    assert more_than_mirror([100] * 5, [1_000] * 5).fails == 1
    assert math.isnan(more_than_mirror([1] * 2, [10] * 2).fails)


def test_a_threshold_finds_nine_in_ten_only_where_enough_were_there_to_tell():
    few, many = finds([19] * 5, [20] * 5), finds([190] * 5, [200] * 5)
    assert few.holds > 0.05
    assert many.holds == pytest.approx(binom.sf(759, 800, 0.9))
    assert many.holds < 1e-6
    assert finds([180] * 5, [200] * 5).holds > 0.4
    assert finds([100] * 5, [200] * 5).fails == 1


def test_points_of_unequal_chance_have_no_longer_tail_than_the_binomial_says():
    chances = np.linspace(0.3, 0.7, 40)
    exact = np.array([1.0])
    for chance in np.tile(chances, 2):
        exact = np.convolve(exact, [1 - chance, chance])
    for hits in (*range(10), *range(23, 41)):  # of each of two seeds, well below and above
        found = more_than_chance([hits] * 3, [40] * 3, [chances.sum()] * 3, times=1)
        if hits > 20:
            assert exact[2 * hits :].sum() <= found.holds * (1 + 1e-9)
        else:
            assert exact[: 2 * hits + 1].sum() <= found.fails * (1 + 1e-9)


def test_no_points_are_evidence_of_nothing():
    for rule in (more_than_chance, fewer_than_chance):
        found = rule([0] * 5, [0] * 5, [0.0] * 5)
        assert (found.holds, found.fails) == (1, 1)


def test_a_rate_of_few_samples_is_compared_as_one_of_few():
    """No hit among 400 samples does not show that a rate of 0.06 % is higher."""
    few = more_than_other([30] * 5, [50_000] * 5, [0] * 5, [400] * 5)
    many = more_than_other([30] * 5, [50_000] * 5, [0] * 5, [50_000] * 5)
    assert few.holds > 0.05
    assert many.holds < 1e-30
    assert more_than_other([30] * 5, [50_000] * 5, [60] * 5, [50_000] * 5).fails < 1e-9


def test_the_floor_is_the_floor_on_both_sides():
    floors = [1_000.0] * 5
    assert same_as_floor([1_010] * 5, floors, 1.1).holds < 0.01
    for hits in (1_150, 870, 0):
        assert same_as_floor([hits] * 5, floors, 1.1).holds > 0.5
        assert same_as_floor([hits] * 5, floors, 1.1).fails < 0.2


def test_many_runs_are_judged_as_one_by_one():
    hits = np.array([[5, 6, 7], [0, 0, 9], [1, 1, 1]])
    found = more_than_floor(hits, np.full((3, 3), 2.0), 30)
    alone = [more_than_floor(row, [2.0] * 3, 30) for row in hits]
    assert found.holds.tolist() == [one.holds for one in alone]
    assert found.fails.tolist() == [one.fails for one in alone]


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
    n = samples_to_bound(floor, 3)

    def power(n):  # the most hits that are rarer than alpha at three floors
        return poisson.cdf(poisson.ppf(0.05, 3 * n * floor) - 1, n * floor)

    assert power(n * 1.0001) >= 0.95
    assert power(0.97 * n) < 0.95


def test_the_samples_that_are_asked_for_show_that_bridges_have_no_mirror_image():
    rate, alpha = 1e-3, 0.05 / 8
    n = samples_to_point(rate, alpha)
    needed = next(k for k in range(1, 50) if 0.55**k <= alpha)
    assert poisson.sf(needed - 1, rate * n) == pytest.approx(0.95, abs=0.001)
    assert samples_to_point(0.0) == math.inf
