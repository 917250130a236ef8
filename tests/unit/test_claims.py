"""Claims are decided by rule: hand-made tables with known verdicts, and refusals at the door."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import TypeAdapter
from scipy.stats import binom, poisson, ttest_1samp

import mirage
from mirage.figures import ledger
from mirage.metrics.existence import samples_to_find, samples_to_point
from mirage.metrics.rules import RULES
from mirage.metrics.verdicts import FAILS, HOLDS, UNDECIDED
from mirage_workflow.claims import decide
from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.claims import Claims, read_claims
from mirage_workflow.config.statistics.known import AnyStatistic
from mirage_workflow.findings.find import FINDERS, find
from mirage_workflow.schemas.claims import CLAIMS
from mirage_workflow.schemas.metrics import METRICS

CONFIG = Path(mirage.__file__).parents[2] / "config"
EXPERIMENTS = [path.stem for path in (CONFIG / "experiments").glob("*.yaml")]
CLAIM = {
    "id": "growing",
    "claim": "Rates grow.",
    "source": "P",
    "family": "main",
    "experiments": ["gaussian2d_grid"],
    "statistic": {"name": "growth", "metric": "hallucination_rate", "filter": "random", "above": 1},
    "control": "two names for one filter",
    "effect": "half as many",
    "refuted": "They do not.",
    "figure": "rate_by_generation",
}
FAMILIES = {"main": {"about": "all"}}


def statistic(**values):
    return TypeAdapter(AnyStatistic).validate_python(values)


def of_seeds(metric, values, n=100_000, filter="shared", generation=0, **columns):
    """Rows of a metric, one a seed."""
    rows = {"metric": metric, "seed": range(len(values)), "value": values, "n": n}
    table = pd.DataFrame(rows).assign(filter=filter, generation=generation, **columns)
    return table.reindex(columns=list(dict.fromkeys([*table, *METRICS.names])))


def generations(rates):
    """Hallucination rates of (filter, generation), one per seed."""
    return pd.concat(
        of_seeds("hallucination_rate", values, filter=name, generation=k, threshold=5.0)
        for (name, k), values in rates.items()
    )


RATES = generations(
    {
        ("shared", 0): [0.010, 0.020, 0.030],
        ("random", 1): [0.020, 0.030, 0.040],
        ("random", 2): [0.041, 0.075, 0.130],
        ("hal", 1): [0.011, 0.020, 0.031],
        ("hal", 2): [0.010, 0.020, 0.031],
    }
)


def ledger_of(claims, tables_by_kind):
    stated = Claims.model_validate({"families": FAMILIES, "claims": claims})
    return decide(stated, lambda experiment, kind: tables_by_kind.get((experiment, kind)))


# --- the ledger ---------------------------------------------------------------------------------


def test_a_row_of_the_ledger_says_all_that_it_rests_on():
    row = ledger_of([CLAIM], {("gaussian2d_grid", "metrics"): RATES}).iloc[0]
    assert row["verdict"] == HOLDS
    ratios = np.array([4.1, 3.75, 13 / 3])
    assert row["value"] == pytest.approx(np.exp(np.log(ratios).mean()), rel=1e-3)
    assert 1 < row["low"] < row["value"] < row["high"]
    assert (row["wanted"], row["bound"], row["seeds"]) == ("above", 1, 3)
    assert (row["control"], row["effect"]) == (CLAIM["control"], CLAIM["effect"])
    assert row["figure"] == "gaussian2d_grid_rate_by_generation"
    assert row["p"] == row["p_adjusted"] < 0.01
    assert set(row.index) == set(CLAIMS.names)


def test_p_is_adjusted_for_every_row_of_the_family_whatever_was_run():
    other = CLAIM | {"id": "other", "experiments": ["gaussian2d_grid", "shapes"]}
    many = ledger_of([CLAIM, other], {("gaussian2d_grid", "metrics"): RATES})
    alone = ledger_of([CLAIM], {("gaussian2d_grid", "metrics"): RATES})
    assert many["p"].iloc[0] == alone["p"].iloc[0]
    assert many["p_adjusted"].iloc[0] == pytest.approx(3 * alone["p"].iloc[0])
    assert many["verdict"].tolist() == [HOLDS, HOLDS, UNDECIDED]


def test_families_are_adjusted_by_themselves():
    claims = [CLAIM, CLAIM | {"id": "other", "family": "second"}]
    stated = Claims.model_validate(
        {"families": FAMILIES | {"second": {"about": ""}}, "claims": claims}
    )
    table = decide(stated, lambda *_: RATES)
    assert (table["p"] == table["p_adjusted"]).all()


def test_a_claim_of_what_was_not_run_is_undecided():
    row = ledger_of([CLAIM], {}).iloc[0]
    assert (row["verdict"], row["reason"]) == (UNDECIDED, "not part of this run")
    assert math.isnan(row["value"])
    assert math.isnan(row["p_adjusted"])
    first = RATES[RATES["generation"] == 0]
    assert "random" in ledger_of([CLAIM], {("gaussian2d_grid", "metrics"): first})["reason"].iloc[0]


def typical_of(values) -> pd.Series:
    """The row of a claim that a score adds to the number of objects."""
    table = of_seeds("objects_gain", values, 5_000, detector="hal", first=13, last=24)
    asked = {"name": "typical", "metric": "objects_gain", "detector": "hal", "window": [13, 24]}
    claim = CLAIM | {
        "statistic": asked | {"above": 0},
        "control": "at the bound",
        "effect": "four times",
    }
    return ledger_of([claim], {("gaussian2d_grid", "metrics"): table}).iloc[0]


def test_a_number_of_generation_0_is_decided_by_its_mean_over_seeds():
    assert typical_of([0.004, 0.005, 0.006])["verdict"] == HOLDS
    assert typical_of([-0.004, -0.005, -0.006])["verdict"] == FAILS
    assert typical_of([-0.004, 0.001, 0.006])["verdict"] == UNDECIDED


def test_a_number_that_every_seed_has_too_few_samples_for_says_so():
    row = typical_of([math.nan] * 3)
    assert row["verdict"] == UNDECIDED
    assert row["reason"].startswith("too few")


def test_two_seeds_confirm_nothing():
    row = ledger_of([CLAIM], {("gaussian2d_grid", "metrics"): RATES[RATES["seed"] < 2]}).iloc[0]
    assert (row["verdict"], row["reason"]) == (UNDECIDED, "fewer than 3 seeds")


def test_one_seed_has_numbers_and_no_verdict():
    one = {("gaussian2d_grid", "metrics"): RATES[RATES["seed"] == 0]}
    row = ledger_of([CLAIM], one).iloc[0]
    assert (row["verdict"], row["reason"]) == (UNDECIDED, "one seed")
    assert row["value"] == pytest.approx(4.1, rel=1e-3)
    assert math.isnan(row["p"])


def test_too_few_samples_for_a_verdict_are_told():
    few = of_seeds("label_rate", [0.001, 0.002, 0.001], 1_000, label="duplicate", floor=0.001)
    asked = {"name": "excess_rate", "metric": "label_rate", "label": "duplicate", "rate": 0.002}
    claim = CLAIM | {"statistic": asked, "control": "one wrong seed", "effect": "0.5 %"}
    row = ledger_of([claim], {("gaussian2d_grid", "metrics"): few}).iloc[0]
    assert row["verdict"] == UNDECIDED
    assert row["n"] == 3_000 < row["planned"]
    assert row["reason"].startswith("3e+03 of the 2.")


# --- what decides -------------------------------------------------------------------------------


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


def test_counts_are_held_against_their_floor():
    table = pd.concat(
        of_seeds("label_rate", [0.01] * 3, 1_000, label=label, floor=0.001)
        for label in ("duplicate", "blank")
    )
    asked = {"name": "excess_rate", "metric": "label_rate", "label": "duplicate", "rate": 0.005}
    found = find(statistic(**asked), table)
    assert found.evidence.holds == pytest.approx(poisson.sf(19, 2), abs=0)


def causes(n=100_000, **rates):
    """Rates beyond 5 std of cells by name, one a seed; those beyond 3 are other numbers."""
    parts = []
    for cell, values in rates.items():
        model, _, sampler = cell.partition("_")
        place = {"model": model, "sampler": sampler, "floor": 1e-4}
        parts.append(of_seeds("beyond_rate", values, n, threshold=5.0, **place))
        parts.append(of_seeds("beyond_rate", [0.5] * len(values), n, threshold=3.0, **place))
    return pd.concat(parts)


def cell(name):
    model, _, sampler = name.partition("_")
    return {"model": model, "sampler": sampler}


@pytest.mark.parametrize(
    ("hits", "within", "same"),
    [(10, True, True), (20, True, False), (40, False, False), (1, True, False)],
)
def test_the_true_score_is_within_floors_or_is_the_floor(hits, within, same):
    table = causes(n=1_000_000, true_ddpm=[hits * 1e-5] * 5)
    asked = {"of": cell("true_ddpm"), "threshold": 5}
    found = find(statistic(name="cause_within_floor", margin=3, **asked), table)
    assert (found.evidence.holds < 0.05) == within
    assert found.bound == pytest.approx(3e-4)
    found = find(statistic(name="cause_is_floor", margin=1.2, **asked), table)
    assert (found.evidence.holds < 0.05) == same


def test_what_rests_on_few_samples_is_compared_as_such():
    table = pd.concat([causes(learned_ddpm=[6e-4] * 5), causes(n=400, empirical_ddpm=[0.0] * 5)])
    asked = {"of": cell("learned_ddpm"), "than": cell("empirical_ddpm")}
    assert find(statistic(name="cause_excess", **asked), table).evidence.holds > 0.05


def test_ratios_are_of_the_same_seeds():
    table = causes(learned_ddim=[0.02, 0.06, 0.04], learned_ddpm=[0.01, 0.03, 0.021])
    asked = {"of": cell("learned_ddim"), "to": cell("learned_ddpm"), "above": 1}
    found = find(statistic(name="cause_ratio", **asked), table)
    assert found.value == pytest.approx(np.exp(np.log([2, 2, 4 / 2.1]).mean()), rel=1e-3)
    assert found.evidence.holds < 0.01


def test_what_the_true_score_shows_with_the_same_sampler_is_taken_off():
    table = causes(
        learned_ddim_few=[0.030, 0.042, 0.050],
        learned_ddim_few_tail=[0.02, 0.026, 0.029],
        true_ddim_few=[0.010] * 3,
        true_ddim_few_tail=[0.001] * 3,
    )
    asked = {"of": cell("learned_ddim_few_tail"), "to": cell("learned_ddim_few"), "below": 1}
    found = find(statistic(name="cause_ratio", beyond_true=True, **asked), table)
    ratios = np.array([0.019 / 0.020, 0.025 / 0.032, 0.028 / 0.040])
    assert found.value == pytest.approx(np.exp(np.log(ratios).mean()), rel=1e-3)
    own = table.assign(value=table["value"].where(table["model"] == "true", 0.001))
    nothing = find(statistic(name="cause_ratio", beyond_true=True, **asked), own)
    assert nothing.reason == "no more samples than with the true score"


def test_one_seed_of_the_true_score_is_taken_off_without_a_verdict():
    table = causes(
        learned_ddim_few=[0.03],
        learned_ddim_few_tail=[0.02],
        true_ddim_few=[0.01],
        true_ddim_few_tail=[0.001],
    )
    asked = {"of": cell("learned_ddim_few_tail"), "to": cell("learned_ddim_few"), "below": 1}
    found = find(statistic(name="cause_ratio", beyond_true=True, **asked), table)
    assert (found.reason, found.seeds) == ("", 1)
    assert found.value == pytest.approx(0.019 / 0.020, rel=1e-3)
    assert math.isnan(found.evidence.holds)


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


def test_slopes_are_averaged_over_pairs_within_a_seed():
    table = pd.DataFrame(
        {"seed": [0, 0, 1, 1], "noise_fraction": [0.25, 0.25, 0.25, 1.0], "ratio": [0, 1, 0.2, 9]}
    )
    found = find(statistic(name="slope_ratio", noise_fraction=0.25, below=1), table)
    assert (found.value, found.seeds) == (pytest.approx(math.sqrt(0.5 * 0.2)), 2)


def test_slopes_are_judged_by_their_logarithms_and_a_falling_one_counts_as_flat():
    ratios = [0.2, 0.3, 0.5, -0.1]
    table = pd.DataFrame({"seed": range(4), "noise_fraction": 0.25, "ratio": ratios})
    found = find(statistic(name="slope_ratio", noise_fraction=0.25, below=1), table)
    logs = np.log([0.2, 0.3, 0.5, 0.01])
    assert found.evidence.holds == pytest.approx(ttest_1samp(logs, 0, alternative="less").pvalue)


def test_what_hal_keeps_is_measured_where_its_threshold_was_not_found():
    table = pd.DataFrame(
        {
            "from_seed": [0, 0, 0, 1, 2],
            "seed": [0, 1, 0, 1, 2],
            "generation": [0, 0, 1, 0, 0],
            "choice": "scoring",
            "threshold": 0.1,
            "specificity": [0.97, 0.5, 0.6, 0.98, 0.975],
            "sensitivity": [0.94, 0.1, 0.1, 0.96, 0.92],
            "valid": 100_000,
            "hallucinated": [1_000, 1_000, 1_000, 1_000, 2_000],
        }
    )
    found = find(statistic(name="kept_at_95_found", above=0.96), table)
    assert found.value == pytest.approx(0.975, abs=0.001)
    assert found.sensitivity[0] == pytest.approx((94 + 96 + 184) / 400)
    assert 0.92 < found.sensitivity[1] < found.sensitivity[0] < found.sensitivity[2] < 0.95
    assert found.seeds == 3
    assert found.evidence.holds < 0.05
    few = find(statistic(name="kept_at_95_found", above=0.96), table.assign(hallucinated=20))
    assert few.evidence.holds > 0.05
    assert few.unclear == "of 60 hallucinations 84.1% to 97.4% found"
    none = table.assign(threshold=np.nan, specificity=np.nan, sensitivity=np.nan)
    assert "19 hallucinations" in find(statistic(name="kept_at_95_found", above=0.96), none).reason
    best = statistic(name="kept_at_95_found", choice="best", above=0.96)
    assert find(best, table).reason == "not measured in this run"
    assert find(best, table.assign(choice="best")).value == found.value


def told(**columns) -> pd.DataFrame:
    """Windows on three seeds, and one of them on a seed that it was not chosen on."""
    at = {"from_seed": [0, 1, 2, 0], "seed": [0, 1, 2, 1], "generation": 0, "choice": "official"}
    counts = {"hallucinated": 200, "valid": 10_000, "discarded": 244}
    return pd.DataFrame(at | counts | columns)


def test_an_area_under_the_curve_is_told_from_chance_by_seed():
    found = find(
        statistic(name="auroc", choice="official", above=0.5), told(auroc=[0.8, 0.9, 0.85, 0])
    )
    assert found.value == pytest.approx(0.855, abs=0.005)
    assert found.low < 0.855 < found.high
    assert (found.seeds, found.evidence.holds < 0.05) == (3, True)
    chance = told(auroc=[0.51, 0.49, 0.505, 1])
    assert find(statistic(name="auroc", choice="official", above=0.5), chance).evidence.holds > 0.2
    undefined = told(auroc=[np.nan] * 4)
    nothing = find(statistic(name="auroc", choice="official", above=0.5), undefined)
    assert "undefined for every seed" in nothing.reason


def test_what_a_discard_is_worth_is_its_recall_or_its_precision():
    table = told(recall=[0.96, 0.98, 0.97, 0.1], precision=[0.79, 0.8, 0.795, 0.1])
    asked = {"name": "discard", "choice": "official"}
    recall = find(statistic(**asked, share="recall", above=0.95), table)
    assert recall.value == pytest.approx(0.97, abs=0.005)
    precision = find(statistic(**asked, share="precision", above=0.5), table)
    assert precision.value == pytest.approx(0.795, abs=0.005)
    assert precision.evidence.holds < 0.01


def test_other_metrics_than_rates_are_compared_as_they_are():
    fid = pd.concat(
        of_seeds("fid", values, filter=name, generation=2)
        for name, values in {"hal": [1.0, 2.0, 3.0], "random": [2.0, 4.1, 5.9]}.items()
    )
    found = find(
        statistic(name="filter_ratio", metric="fid", filter="hal", to="random", below=1), fid
    )
    assert found.value == pytest.approx(0.5, rel=0.01)
    assert found.evidence.holds < 0.01


def test_a_claim_that_names_several_numbers_of_a_seed_is_refused():
    twice = pd.concat([RATES, RATES])
    asked = statistic(**CLAIM["statistic"])
    with pytest.raises(ValueError, match="several numbers of one seed"):
        find(asked, twice)


# --- the door -----------------------------------------------------------------------------------

WITHIN = {"name": "cause_within_floor", "margin": 3, "of": cell("true_ddpm")}
WRONG = {
    "unknown statistic": ({"statistic": {"name": "vibes"}}, ["statistic", "'vibes'", "growth"]),
    "unknown experiment": ({"experiments": ["moons"]}, ["growing", "'moons'", "gaussian1d"]),
    "unknown filter": (
        {"statistic": CLAIM["statistic"] | {"filter": "hall"}},
        ["filter", "'hall'", "random"],
    ),
    "unknown filter to compare with": (
        {"statistic": CLAIM["statistic"] | {"name": "filter_ratio", "to": "rnd"}},
        ["to", "'rnd'", "random"],
    ),
    "unknown metric": (
        {"statistic": CLAIM["statistic"] | {"metric": "hallucination"}},
        ["metric", "'hallucination'", "did you mean 'hallucination_rate'"],
    ),
    "label not told": (
        {"statistic": CLAIM["statistic"] | {"metric": "endpoint_rate"}},
        ["endpoint_rate needs label", "threshold"],
    ),
    "label of what has none": (
        {"statistic": CLAIM["statistic"] | {"label": "bridge"}},
        ["hallucination_rate has no label", "threshold"],
    ),
    "rows that no claim can tell apart": (
        {"statistic": CLAIM["statistic"] | {"metric": "window_auroc"}},
        ["window_auroc", "choice"],
    ),
    "objects not told": (
        {"statistic": CLAIM["statistic"] | {"metric": "stratum_auroc"}},
        ["stratum_auroc needs", "objects"],
    ),
    "threshold that is not measured": (
        {
            "statistic": {
                "name": "cause_within_floor",
                "threshold": 7,
                "margin": 3,
                "of": cell("true_ddpm"),
            }
        },
        ["3, 4, 5, 6", "found 7"],
    ),
    "growth of what may be tails": (
        {
            "statistic": CLAIM["statistic"]
            | {"metric": "endpoint_excess", "label": "bridge", "filter": "random"}
        },
        ["endpoint_excess", "tails", "bridge_growth"],
    ),
    "no bound": ({"statistic": {**CLAIM["statistic"], "above": None}}, ["above, below"]),
    "two bounds": ({"statistic": {**CLAIM["statistic"], "below": 1}}, ["above, below"]),
    "margin of nothing": (
        {"statistic": WITHIN | {"margin": 1}},
        ["margin", "greater than 1"],
    ),
    "unknown family": ({"family": "mine"}, ["growing", "'mine'", "allowed: main"]),
    "control of another rule": (
        {"control": "heavy tails"},
        ["control", "'ratio'", "'heavy tails'", "two names for one filter"],
    ),
    "no such effect": ({"effect": "half as man"}, ["effect", "did you mean 'half as many'"]),
    "unknown key": ({"claims": "x"}, ["'claims'", "did you mean 'claim'"]),
    "no experiment": ({"experiments": []}, ["experiments", "at least 1"]),
}


def refusal(tmp_path, *claims):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"families": FAMILIES, "claims": list(claims)}))
    with pytest.raises(ConfigError) as caught:
        read_claims(path, EXPERIMENTS)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize("fault", WRONG)
def test_a_claim_that_cannot_be_decided_is_refused_in_a_line(tmp_path, fault):
    change, words = WRONG[fault]
    message = refusal(tmp_path, CLAIM | change)
    for word in words:
        assert word in message


def test_an_id_is_used_once(tmp_path):
    assert "'growing' twice" in refusal(tmp_path, CLAIM, CLAIM)


def test_a_rule_without_a_registered_control_is_refused(tmp_path, monkeypatch):
    monkeypatch.delitem(RULES, "ratio")
    assert "no control is registered for rule 'ratio'" in refusal(tmp_path, CLAIM)


def test_the_claims_that_come_with_the_pipeline_can_all_be_decided():
    claims = read_claims(CONFIG / "claims.yaml", EXPERIMENTS)
    assert len(claims.claims) >= 10
    assert set(claims.families) == {claim.family for claim in claims.claims}
    for claim in claims.claims:
        assert type(claim.statistic) in FINDERS
        assert find(claim.statistic, None).reason == "not part of this run"


# --- the page -----------------------------------------------------------------------------------


@pytest.fixture
def decided():
    claim = CLAIM | {"claim": "Rates <b>grow</b>.", "experiments": ["gaussian2d_grid", "shapes"]}
    return ledger_of([claim], {("gaussian2d_grid", "metrics"): RATES})[CLAIMS.names]


def test_the_page_shows_each_claim_with_its_number_and_verdict(decided):
    page = ledger.html(decided)
    assert "Rates &lt;b&gt;grow&lt;/b&gt;." in page
    assert "4.05" in page
    assert "must not pass: two names for one filter" in page
    assert "holds" in page
    assert "undecided<small>not part of this run</small>" in page
    assert "1 claims in 2 rows: 1 holds, 0 does not hold, 1 undecided" in page


def test_the_page_needs_no_network(decided):
    page = ledger.html(decided)
    assert "http" not in page
    assert "<script" not in page


def test_p_stands_adjusted_with_the_raw_one_beside(decided):
    row = next(decided.itertuples())
    assert ledger.p(row) == f"{2 * row.p:.2g} (raw {row.p:.2g})"
    against = decided.assign(p_against=1e-4, p_against_adjusted=2e-4)
    assert ledger.p(next(against.itertuples())) == "against: 0.0002 (raw 0.0001)"


def test_the_page_says_what_a_threshold_finds(decided):
    found = {"sensitivity": 0.941, "sensitivity_low": 0.9304, "sensitivity_high": 0.95}
    row = next(decided.assign(**found).itertuples())
    assert ledger.wanted(row) == "growth above 1 (found: 0.941, 0.93 to 0.95)"


def test_the_markdown_table_has_a_row_for_each_claim(decided):
    lines = ledger.markdown(decided).strip().splitlines()
    assert sum(line.startswith("| Rates") for line in lines) == 2
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1
