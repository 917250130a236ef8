"""Claims on bridges: whether there are any, where, and where there are more or fewer."""

import math

import numpy as np
import pandas as pd
import pytest
from hand_made import (
    causes,
    cell,
    of_seeds,
    statistic,
)
from scipy.stats import binom, ttest_1samp

from mirage.metrics.existence import samples_to_find, samples_to_point
from mirage_workflow.findings.find import find


def bridges(value, blurred, towards, n=100_000, far=100, inwards=1.0, **columns):
    """Rates of bridges, and shares of far samples towards neighbours and inwards, of five seeds.

    Of as many points as a fifth of the bridges, such a share lies inwards.
    """
    rates = of_seeds("endpoint_rate", [value] * 5, n, label="bridge", blurred=blurred, **columns)
    looks = of_seeds("towards_neighbours", [towards] * 5, far, floor=0.4, **columns)
    mirrored = of_seeds("inwards", [inwards] * 5, round(value * n / 5), floor=0.5, **columns)
    return pd.concat([rates, looks, mirrored])


EXIST = {"name": "bridges_exist", "rate": 1e-4}


@pytest.mark.parametrize(
    ("value", "blurred", "towards", "holds"),
    [
        (0.01, 1e-6, 0.95, True),
        (0.01, 0.0101, 0.95, False),  # as wide modes show
        (0.01, 1e-6, 0.42, False),  # in no direction
        (0.01, 1e-6, np.nan, False),  # nothing far at all
    ],
)
def test_bridges_are_above_the_floor_of_widening_and_in_a_direction(value, blurred, towards, holds):
    far = 0 if np.isnan(towards) else 100
    found = find(statistic(**EXIST), bridges(value, blurred, towards, far=far))
    assert (found.evidence.holds < 1e-6) == holds
    assert found.value == pytest.approx(value)
    assert found.bound == pytest.approx(blurred)
    assert found.n == 500_000


def test_tails_that_point_at_neighbours_are_no_bridges():
    """They lie outwards of the outer modes as well."""
    for name in ("bridges_exist", "towards_neighbours"):
        asked = statistic(name=name, rate=1e-4)
        assert find(asked, bridges(0.01, 1e-6, 0.95)).evidence.holds < 1e-6
        tails = find(asked, bridges(0.01, 1e-6, 0.95, inwards=0.52))
        assert tails.evidence.holds > 0.05
        assert tails.evidence.fails > 0.05


def test_samples_are_planned_to_find_the_wanted_rate_and_that_it_has_no_image():
    found = find(statistic(**EXIST), bridges(0.01, 0.0, 0.95))
    assert found.plan(0.05) == pytest.approx(samples_to_point(2e-5, 0.05) * 5 / 4)
    wide = find(statistic(**EXIST), bridges(0.01, 9e-5, 0.95))
    assert wide.plan(0.05) == pytest.approx(samples_to_find(9e-5, 1e-4, 0.05) * 5 / 4)


@pytest.mark.parametrize("copied", [False, True])
def test_samples_that_are_copies_of_each_other_decide_nothing(copied):
    shares = [1.0, 1.0, 0.1 if copied else 1.0, 1.0, 1.0]
    table = pd.concat([bridges(0.01, 1e-6, 0.95), of_seeds("distinct", shares, floor=1.0)])
    found = find(statistic(**EXIST), table)
    told = "copies count for nothing: of the samples of seed 2, 0.1 are distinct"
    assert found.reason == (told if copied else "")
    assert np.isnan(found.value) == copied


def test_what_other_generations_copy_is_no_matter():
    other = of_seeds("distinct", [0.1] * 5, floor=1.0, generation=1, filter="random")
    assert not find(statistic(**EXIST), pd.concat([bridges(0.01, 1e-6, 0.95), other])).reason


def test_copies_of_the_true_score_are_told_by_cell():
    copied = of_seeds("distinct", [0.1] * 5, floor=1.0, model="true", sampler="ddpm")
    table = pd.concat([causes(true_ddpm=[1e-4] * 5, true_ddim=[1e-4] * 5), copied])
    for name, refused in (("true_ddpm", True), ("true_ddim", False)):
        asked = statistic(name="cause_within_floor", margin=3, of=cell(name), threshold=5)
        assert find(asked, table).reason.startswith("copies") == refused


def test_directions_are_held_against_those_of_the_same_samples_turned():
    table = bridges(0.01, 1e-6, 0.9, far=50)
    found = find(statistic(name="towards_neighbours", rate=1e-4), table)
    looks = table[table["metric"] == "towards_neighbours"]
    assert found.evidence.holds == pytest.approx(binom.sf(179, 200, 1.1 * 0.4), abs=0)
    second = looks.assign(metric="towards_second_neighbours", value=0.1)
    found = find(statistic(name="towards_second_neighbours"), second)
    assert found.evidence.holds == pytest.approx(binom.cdf(20, 200, 0.4), abs=0)
    assert (found.wanted, found.bound) == ("below", pytest.approx(0.4))


def test_modes_that_are_stretched_to_their_neighbours_are_not_interpolated():
    """They have a direction, and no more bridges than modes as wide."""
    found = find(statistic(name="towards_neighbours", rate=1e-4), bridges(0.01, 0.0101, 0.95))
    assert found.evidence.holds > 0.05
    assert (found.value, found.bound) == (pytest.approx(0.95), pytest.approx(0.4))


def sweep(levels, share, inwards=1.0):
    parts = [
        bridges(
            rate,
            1e-7,
            0.95,
            inwards=inwards,
            factor="distance",
            level_number=level,
            second_factor=None,
        )
        for level, rate in zip(levels, share, strict=True)
    ]
    return pd.concat(parts)


TREND = {"name": "bridge_trend", "factor": "distance", "rate": 1e-3, "below": 0}


def scattered(table):
    """More inwards at the first level, by as much as the seed's number is higher."""
    more = (table["level_number"] == 10) & (table["metric"] == "inwards")
    return table.assign(n=table["n"] * (1 + table["seed"] * more))


def test_a_trend_is_the_power_of_what_lies_inwards_and_of_each_seed():
    table = scattered(sweep([10, 100, 1_000], [0.1, 0.01, 0.001]))
    found = find(statistic(**TREND), table)
    slopes = -1 - np.log10(1 + np.arange(5)) / 2
    assert found.value == pytest.approx(slopes.mean(), abs=0.02)  # half a hit more
    at_least = ttest_1samp(slopes, 0, alternative="less").pvalue
    assert 0.8 * at_least < found.evidence.holds < 0.01


def test_tails_that_shrink_along_a_factor_are_no_trend():
    table = pd.concat(
        [
            sweep([20], [0.1], inwards=0.51),
            sweep([40], [0.01], inwards=0.6),
            sweep([80], [0.002]),
        ]
    )
    table["n"] *= np.where(table["level_number"] == 20, 1 + 0.1 * (table["seed"] - 2), 1)
    found = find(statistic(**TREND), table)
    assert found.value == pytest.approx(0, abs=0.02)
    assert found.evidence.holds > 0.05


def test_a_trend_is_of_the_seeds_that_all_levels_have():
    table = scattered(sweep([10, 100, 1_000], [0.1, 0.01, 0.001]))
    lacking = table[(table["seed"] != 3) | (table["level_number"] != 100)]
    found = find(statistic(**TREND), lacking)
    without = find(statistic(**TREND), table[table["seed"] != 3])
    assert (found.seeds, found.value) == (4, without.value)


def crossed(shares):
    """Bridges by distance (first) and updates (second), at levels of 10 and 100."""
    parts = [
        bridges(share, 1e-7, 0.95).assign(
            **{"factor": "distance", "level": str(level), "level_number": level},
            **{"second_factor": "updates", "second_level": str(second)},
            second_level_number=second,
        )
        for level, row in zip((10, 100), shares, strict=True)
        for second, share in zip((10, 100), row, strict=True)
    ]
    table = pd.concat(parts)
    scatter = 1 + 0.01 * table["seed"] * (table["level_number"] == 10)
    table["value"] *= scatter.where(table["metric"] == "endpoint_rate", 1)
    looked = (table["n"] * scatter).round().astype(int)
    table["n"] = table["n"].where(table["metric"] != "inwards", looked)
    return table


def test_a_main_effect_takes_all_levels_of_the_other_factor_together():
    """Only updates matter here, and distance looks so where the two go together."""
    table = crossed([[0.1, 0.01], [0.1, 0.01]])
    distance = find(statistic(**TREND, over="updates"), table)
    assert distance.value == pytest.approx(0, abs=0.02)
    updates = find(statistic(**TREND | {"factor": "updates", "over": "distance"}), table)
    assert updates.value == pytest.approx(-1, abs=0.01)
    assert updates.evidence.holds < 1e-4 < distance.evidence.holds
    diagonal = table[table["level_number"] == table["second_level_number"]]
    confounded = find(statistic(**TREND), diagonal.assign(second_factor=None))
    assert confounded.value == pytest.approx(-1, abs=0.02)


def test_a_trend_of_a_factor_alone_leaves_out_where_it_is_crossed():
    alone = sweep([10, 100], [0.1, 0.01])
    alone["value"] *= 1 + 0.1 * alone["seed"] * (alone["level_number"] == 10)
    both = pd.concat([alone, crossed([[0.2, 0.2], [0.2, 0.2]])])
    assert find(statistic(**TREND), both).value == find(statistic(**TREND), alone).value
    assert "fewer than two levels" in find(statistic(**TREND, over="steps"), both).reason


def test_there_is_no_trend_of_bridges_without_any():
    turned = find(statistic(**TREND), sweep([10, 20], [0.1, 0.05], inwards=0.5))
    assert turned.reason == "there are bridges at no level"
    assert "fewer than two levels" in find(statistic(**TREND), sweep([10], [0.1])).reason


def test_a_sweep_of_one_seed_has_a_slope_and_no_verdict():
    table = sweep([10, 100], [0.1, 0.01])
    found = find(statistic(**TREND), table[table["seed"] == 0])
    assert (found.reason, found.seeds) == ("", 1)
    assert found.value == pytest.approx(-1, abs=0.01)
    assert math.isnan(found.evidence.holds)


def generations_of_bridges(first, last, inwards=1.0):
    """Generation 0 and the last of filter random, of which a share lies inwards."""
    last = bridges(last, 1e-7, 0.95, inwards=inwards)
    last["n"] *= np.where(last["metric"] == "inwards", 1 + 0.1 * (last["seed"] - 2), 1)
    return pd.concat([bridges(first, 1e-7, 0.95), last.assign(filter="random", generation=3)])


GROWING = {"name": "bridge_growth", "filter": "random", "rate": 2e-4, "above": 1}


@pytest.mark.parametrize(
    ("first", "last", "inwards", "grow"),
    [
        (0.01, 0.03, 1.0, True),
        (0.01, 0.01, 1.0, False),
        (0.0, 0.03, 1.0, True),
        (0.01, 0.30, 0.5, False),  # tails, or noise
        (0.0, 0.30, 0.5, False),
    ],
)
def test_growth_of_bridges_is_of_what_has_no_mirror_image(first, last, inwards, grow):
    found = find(statistic(**GROWING), generations_of_bridges(first, last, inwards))
    assert (found.evidence.holds < 0.01) == grow
    if first and inwards == 1:
        assert found.value == pytest.approx(last / first, rel=0.02)


def test_bridges_grow_only_if_there_are_any_in_the_last_generation():
    wide = generations_of_bridges(0.01, 0.03)
    wide.loc[wide["generation"] == 3, "blurred"] = 0.031
    assert find(statistic(**GROWING), wide).evidence.holds > 0.05
