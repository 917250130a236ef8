"""Claims are decided by rule: hand-made tables with known verdicts, and refusals at the door."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import TypeAdapter

import mirage
from mirage.figures import ledger
from mirage.metrics.statistics import mean_over_seeds
from mirage_workflow.claims import FAILS, HOLDS, UNDECIDED, NotMeasuredError, decide, judge, measure
from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.claims import AnyStatistic, Claim, Wanted, read_claims
from mirage_workflow.config.sweeps import number as level_number
from mirage_workflow.schemas.claims import CLAIMS

CONFIG = Path(mirage.__file__).parents[2] / "config"
EXPERIMENTS = [path.stem for path in (CONFIG / "experiments").glob("*.yaml")]
CLAIM = {
    "id": "growing",
    "claim": "Rates grow.",
    "source": "P",
    "experiments": ["gaussian2d_grid"],
    "statistic": {"name": "growth", "metric": "hallucination_rate", "filter": "random"},
    "wanted": {"above": 0},
    "refuted": "They do not.",
    "figure": "rate_by_generation",
}


def statistic(**values):
    return TypeAdapter(AnyStatistic).validate_python(values)


def number(*values):
    return mean_over_seeds(pd.Series(values, dtype=float))


# --- verdicts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wanted", "expected"),
    [
        ([1.0, 1.1, 0.9], {"above": 0}, HOLDS),
        ([-1.0, -1.1, -0.9], {"above": 0}, FAILS),
        ([1.0, -1.1, 0.9], {"above": 0}, UNDECIDED),
        ([1.0, 1.1, 0.9], {"below": 0}, FAILS),
        ([-1.0, -1.1, -0.9], {"below": 0}, HOLDS),
        ([0.5, 0.51, 0.49], {"below": 1}, HOLDS),
        ([0.001, -0.001, 0.0], {"within": 0.1}, HOLDS),
        ([1.0, 1.1, 0.9], {"within": 0.1}, FAILS),
        ([-1.0, -1.1, -0.9], {"within": 0.1}, FAILS),
        ([0.1, 0.3, -0.3], {"within": 0.1}, UNDECIDED),
        ([0.0, 0.0, 0.0], {"above": 0}, FAILS),
    ],
)
def test_an_interval_beside_its_bound_gives_the_verdict(values, wanted, expected):
    assert judge(number(*values), Wanted(**wanted)).verdict == expected


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 5.0]])
def test_fewer_than_three_seeds_confirm_nothing(values):
    verdict = judge(number(*values), Wanted(above=0))
    assert verdict.verdict == UNDECIDED
    assert "seeds" in verdict.reason


def generations(rates):
    """Metrics of some seeds: rates of (filter, generation), one per seed."""
    rows = [
        {"seed": seed, "filter": name, "generation": generation, "value": value}
        for (name, generation), values in rates.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(
        metric="hallucination_rate", label=None, threshold=5.0, floor=0.001, n=100
    )


RATES = generations(
    {
        ("shared", 0): [0.010, 0.020, 0.030],
        ("random", 1): [0.020, 0.030, 0.040],
        ("random", 2): [0.041, 0.050, 0.061],
        ("hal", 1): [0.011, 0.020, 0.031],
        ("hal", 2): [0.012, 0.021, 0.030],
    }
)


def test_a_row_of_the_ledger_says_all_that_it_rests_on():
    row = decide(Claim(**CLAIM), "gaussian2d_grid", RATES)
    assert row["verdict"] == HOLDS
    assert row["value"] == pytest.approx(np.mean([0.031, 0.030, 0.031]))
    assert row["low"] > 0
    assert row["seeds"] == 3
    assert (row["wanted"], row["bound"]) == ("above", 0)
    assert row["figure"] == "gaussian2d_grid_rate_by_generation"
    assert set(row) == set(CLAIMS.names)
    assert (row["metric"], row["threshold"]) == ("hallucination_rate", None)


def test_the_ledger_says_what_a_number_is_taken_at():
    wanted = {"metric": "auroc", "detector": "hal", "window": [0, 4], "filter": "random"}
    row = decide(Claim(**CLAIM | {"statistic": {"name": "growth"} | wanted}), "shapes", None)
    assert (row["metric"], row["detector"], row["first"], row["last"]) == ("auroc", "hal", 0, 4)


def test_an_undecided_claim_says_how_many_seeds_would_do():
    noisy = generations({("shared", 0): [0.0] * 3, ("random", 1): [0.01, 0.03, -0.01]})
    row = decide(Claim(**CLAIM), "gaussian2d_grid", noisy)
    assert row["verdict"] == UNDECIDED
    assert 3 < row["seeds_needed"] < 100


def test_a_claim_of_what_was_not_run_is_undecided():
    row = decide(Claim(**CLAIM), "gaussian2d_grid", None)
    assert (row["verdict"], row["reason"]) == (UNDECIDED, "not part of this run")
    assert math.isnan(row["value"])
    without = RATES[RATES["generation"] == 0]
    assert "random" in decide(Claim(**CLAIM), "gaussian2d_grid", without)["reason"]


# --- statistics ---------------------------------------------------------------------------------


def test_the_excess_is_over_the_floor():
    values = measure(statistic(name="excess_rate"), RATES)
    assert values.to_list() == pytest.approx([0.009, 0.019, 0.029])


def test_the_excess_may_be_of_one_kind_of_hallucination():
    duplicates = RATES.assign(metric="label_rate", label="duplicate", value=0.5, floor=0.1)
    others = duplicates.assign(label="blank", value=0.9)
    wanted = {"metric": "label_rate", "label": "duplicate"}
    table = pd.concat([RATES, duplicates, others])
    values = measure(statistic(name="excess_rate", **wanted), table)
    assert values.to_list() == pytest.approx([0.4] * 3)


def test_filters_are_compared_in_the_last_generation_seed_by_seed():
    wanted = {"metric": "hallucination_rate", "filter": "hal", "against": "random"}
    values = measure(statistic(name="filter_difference", **wanted), RATES)
    assert values.to_list() == pytest.approx([-0.029, -0.029, -0.031])


def test_a_metric_is_taken_at_the_detector_and_the_window_that_the_claim_names():
    def table(value, **at):
        return RATES.assign(metric="auroc", value=value, **at)

    at = {"detector": "hal", "first": 0, "last": 4}
    others = [{"detector": "hal_moving"}, {"last": 9}, {"first": 2}]
    rows = pd.concat([table(0.9, **at), *(table(0.5, **at | other) for other in others)])
    wanted = {"metric": "auroc", "detector": "hal", "window": [0, 4], "filter": "hal"}
    rows.loc[(rows["generation"] == 0) & (rows["value"] == 0.9), "value"] = 0.7
    values = measure(statistic(name="growth", **wanted), rows)
    assert values.to_list() == pytest.approx([0.2] * 3)


def causes():
    rows = [
        ("true", "ddpm", 0.0005),
        ("empirical", "ddpm", 0.001),
        ("learned", "ddpm", 0.02),
        ("learned", "ddim", 0.05),
    ]
    table = pd.DataFrame(rows, columns=["model", "sampler", "value"])
    table = pd.concat(
        [table.assign(seed=seed, threshold=5.0, metric="beyond_rate") for seed in (0, 1)]
    )
    other = table.assign(threshold=3.0, value=9.0)
    return pd.concat([table, other]).assign(floor=0.001)


@pytest.mark.parametrize(
    ("of", "less", "expected"),
    [
        (("true", "ddpm"), "floor", -0.0005),
        (("learned", "ddpm"), ("empirical", "ddpm"), 0.019),
        (("learned", "ddim"), ("learned", "ddpm"), 0.03),
    ],
)
def test_causes_are_differences_of_cells(of, less, expected):
    cell = {"model": of[0], "sampler": of[1]}
    other = less if less == "floor" else {"model": less[0], "sampler": less[1]}
    values = measure(statistic(name="cause_difference", of=cell, less=other), causes())
    assert values.to_list() == pytest.approx([expected] * 2)


def sweep(factor, levels):
    rows = [
        {"factor": factor, "level": level, "seed": seed, "value": value, "n": 10_000}
        for level, values in levels.items()
        for seed, value in enumerate(values)
    ]
    table = pd.DataFrame(rows).assign(metric="hallucination_rate")
    return table.assign(level_number=table["level"].map(level_number))


def test_a_trend_is_the_power_of_the_rate_in_the_factor():
    table = sweep("training_size", {"100": [0.1], "1000": [0.01], "10000": [0.001], "inf": [0.5]})
    table["n"] = 10**9
    (slope,) = measure(statistic(name="trend", factor="training_size"), table)
    assert slope == pytest.approx(-1, abs=1e-4)


def test_a_rate_of_zero_has_a_place_in_a_trend():
    table = sweep("distance", {"10": [0.01], "20": [0.0]})
    (slope,) = measure(statistic(name="trend", factor="distance"), table)
    assert slope == pytest.approx(math.log10(0.5 / 100.5) / math.log10(2))


def test_words_and_single_levels_have_no_trend():
    for levels in ({"tied": [0.1], "untied": [0.2]}, {"10": [0.1]}):
        with pytest.raises(NotMeasuredError, match="two levels"):
            measure(statistic(name="trend", factor="tied"), sweep("tied", levels))


def test_levels_are_compared_by_name():
    table = sweep("tied", {"tied": [0.1, 0.2], "untied": [0.05, 0.1]})
    wanted = {"factor": "tied", "of": "untied", "less": "tied"}
    values = measure(statistic(name="level_difference", **wanted), table)
    assert values.to_list() == pytest.approx([-0.05, -0.1])


def test_slopes_are_averaged_over_pairs_within_a_seed():
    table = pd.DataFrame(
        {"seed": [0, 0, 1, 1], "noise_fraction": [0.25, 0.25, 0.25, 1.0], "ratio": [0, 1, 0.2, 9]}
    )
    values = measure(statistic(name="slope_ratio", noise_fraction=0.25), table)
    assert values.to_dict() == {0: 0.5, 1: 0.2}


def test_the_relation_is_of_each_seed():
    table = pd.DataFrame(
        {
            "seed": [0] * 3 + [1] * 3,
            "noise_fraction": 0.5,
            "ratio": [0.0, 0.5, 1.0] * 2,
            "hits": [10, 5, 0, 0, 0, 0],
            "n": 100,
        }
    )
    values = measure(statistic(name="slope_rate_r_squared", noise_fraction=0.5), table)
    assert values.to_dict() == {0: pytest.approx(1)}


def test_places_are_compared_with_chance():
    table = pd.DataFrame(
        {
            "seed": [0, 0],
            "place": ["nearest", "diagonal"],
            "value": [0.9, 0.1],
            "chance": [0.4, 0.3],
        }
    )
    (excess,) = measure(statistic(name="place_excess", place="nearest"), table)
    assert excess == pytest.approx(0.5)


def test_what_hal_keeps_is_measured_where_its_threshold_was_not_found():
    table = pd.DataFrame(
        {
            "from_seed": [0, 0, 0, 1],
            "seed": [0, 1, 0, 1],
            "generation": [0, 0, 1, 0],
            "specificity": [0.97, 0.5, 0.6, 0.98],
        }
    )
    values = measure(statistic(name="kept_at_95_found"), table)
    assert values.to_dict() == {0: 0.97, 1: 0.98}


def test_what_is_undefined_for_every_seed_is_not_measured():
    with pytest.raises(NotMeasuredError, match="undefined"):
        measure(statistic(name="excess_rate"), RATES.assign(floor=math.nan))


# --- the door -----------------------------------------------------------------------------------

AUROC = {"name": "growth", "filter": "hal", "metric": "auroc", "detector": "hal", "window": [0, 4]}
WRONG = {
    "unknown statistic": ({"statistic": {"name": "vibes"}}, ["statistic", "'vibes'", "growth"]),
    "unknown experiment": ({"experiments": ["moons"]}, ["growing", "'moons'", "gaussian1d"]),
    "unknown filter": (
        {"statistic": CLAIM["statistic"] | {"filter": "hall"}},
        ["filter", "'hall'", "random"],
    ),
    "unknown filter to compare with": (
        {"statistic": CLAIM["statistic"] | {"name": "filter_difference", "against": "rnd"}},
        ["against", "'rnd'", "random"],
    ),
    "unknown metric": (
        {"statistic": CLAIM["statistic"] | {"metric": "halucination_rate"}},
        ["metric", "'halucination_rate'", "did you mean 'hallucination_rate'"],
    ),
    "unknown detector": (
        {"statistic": AUROC | {"detector": "hall"}},
        ["'hall'", "did you mean 'hal'"],
    ),
    "a window from its end": ({"statistic": AUROC | {"window": [4, 0]}}, ["window", "[4, 0]"]),
    "a score without its window": (
        {"statistic": {key: AUROC[key] for key in AUROC if key != "window"}},
        ["auroc needs window", "detector, window"],
    ),
    "a threshold of a distance of features": (
        {"statistic": CLAIM["statistic"] | {"metric": "fid", "threshold": 5}},
        ["fid has no threshold", "nothing"],
    ),
    "a threshold that is not measured": (
        {
            "statistic": {
                "name": "cause_difference",
                "threshold": 2,
                "of": {"model": "true", "sampler": "ddpm"},
            }
        },
        ["threshold", "3, 4, 5, 6", "found 2"],
    ),
    "no bound": ({"wanted": {}}, ["wanted", "above, below, within"]),
    "two bounds": ({"wanted": {"above": 0, "below": 1}}, ["wanted", "above, below, within"]),
    "unknown key": ({"claims": "x"}, ["'claims'", "did you mean 'claim'"]),
    "no experiment": ({"experiments": []}, ["experiments", "at least 1"]),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_claim_that_cannot_be_decided_is_refused_in_a_line(tmp_path, fault):
    change, words = WRONG[fault]
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [CLAIM | change]}))
    with pytest.raises(ConfigError) as caught:
        read_claims(path, EXPERIMENTS)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    for word in words:
        assert word in message


def test_an_id_is_used_once(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": [CLAIM, CLAIM]}))
    with pytest.raises(ConfigError, match="'growing' twice"):
        read_claims(path, EXPERIMENTS)


def test_the_claims_that_come_with_the_pipeline_can_all_be_decided():
    claims = read_claims(CONFIG / "claims.yaml", EXPERIMENTS)
    assert len(claims) >= 10
    for claim in claims:
        with pytest.raises(NotMeasuredError, match="not part"):
            measure(claim.statistic, None)


# --- the page -----------------------------------------------------------------------------------


@pytest.fixture
def decided():
    claim = Claim(**CLAIM | {"claim": "Rates <b>grow</b>."})
    rows = [decide(claim, "gaussian2d_grid", RATES), decide(claim, "gaussian1d", None)]
    return pd.DataFrame(rows)[CLAIMS.names]


def test_the_page_shows_each_claim_with_its_number_and_verdict(decided):
    page = ledger.html(decided)
    assert "Rates &lt;b&gt;grow&lt;/b&gt;." in page
    assert "0.0307" in page
    assert "holds" in page
    assert "undecided<small>not part of this run</small>" in page
    assert "1 claims in 2 rows: 1 holds, 0 does not hold, 1 undecided" in page


def test_the_page_needs_no_network(decided):
    page = ledger.html(decided)
    assert "http" not in page
    assert "<script" not in page


def test_the_markdown_table_has_a_row_for_each_claim(decided):
    lines = ledger.markdown(decided).strip().splitlines()
    assert sum(line.startswith("| Rates") for line in lines) == 2
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1
