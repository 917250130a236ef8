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


def counted(bridges, tails, n=1e6):
    """Hits, points looked at and samples where bridges and tails are known: [L, 5] each."""
    bridges, tails = (np.rint(n * np.tile(share, (5, 1)).T) for share in (bridges, tails))
    return bridges + tails, bridges + 2 * tails, np.full(bridges.shape, n)


LEVELS = [20, 40, 80]


@pytest.mark.parametrize("tails", [[0, 0, 0], [0.1, 0.01, 0.001], [0.001, 0.01, 0.1]])
def test_a_trend_is_the_power_of_what_has_no_mirror_image(tails):
    falling = 1 / np.array(LEVELS) ** 2
    slopes, contrasts = magnitude.trend(LEVELS, *counted(falling, tails))
    assert slopes == pytest.approx(-2, abs=0.01)
    assert (contrasts < 0).all()


def test_as_many_bridges_beside_tails_that_shrink_are_no_trend():
    slopes, contrasts = magnitude.trend(LEVELS, *counted([0.01] * 3, [0.1, 0.01, 0.001]))
    assert slopes == pytest.approx(0, abs=1e-3)
    assert contrasts == pytest.approx(0, abs=1e-12)


def test_fewer_than_none_are_none_on_the_log_scale_and_less_on_the_other():
    hits, looked, n = (np.tile(x, (5, 1)).T for x in ([40, 40], [100, 80], [1_000, 1_000]))
    slopes, contrasts = magnitude.trend([1, 10], hits, looked, n)
    assert slopes == pytest.approx(0)
    assert contrasts == pytest.approx(20 / 182)


def test_where_nothing_is_looked_at_there_is_no_evidence_of_a_trend():
    nothing = np.zeros((3, 5))
    _, contrasts = magnitude.trend(LEVELS, nothing, nothing, nothing + 100)
    assert (contrasts == 0).all()
    assert math.isnan(magnitude.below(contrasts, 0).holds)


def test_noise_on_one_level_gives_the_scale_of_rates_no_bias():
    """As the logarithm has, which falls where there is more of it."""
    draws = 4_000
    bridges, tails = np.full((draws, 2, 1), 20), np.array([[0], [2_000]])
    hits, outwards = rng().poisson(bridges + tails), rng(1).poisson(np.tile(tails, (draws, 1, 1)))
    n = np.full(hits.shape, 10_000)
    slopes, contrasts = magnitude.trend([1, 10], hits, hits + outwards, n)
    error = contrasts.std() / draws**0.5
    assert contrasts.mean() == pytest.approx(0, abs=4 * error)
    assert slopes.mean() < -4 * slopes.std() / draws**0.5


def test_many_runs_have_the_trends_of_each():
    hits = rng().poisson(50, (2, 3, 5))
    looked, n = hits + 10, np.full(hits.shape, 1_000)
    both = magnitude.trend(LEVELS, hits, looked, n)
    for run in range(2):
        alone = magnitude.trend(LEVELS, hits[run], looked[run], n[run])
        assert [x[run].tolist() for x in both] == [x.tolist() for x in alone]
