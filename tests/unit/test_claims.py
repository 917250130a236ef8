"""Claims are decided by rule: hand-made tables with known verdicts, and refusals at the door."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hand_made import (
    CLAIM,
    FAMILIES,
    RATES,
    cell,
    ledger_of,
    of_seeds,
    statistic,
)

import mirage
from mirage.figures import ledger
from mirage.metrics.rules import RULES
from mirage.metrics.verdicts import FAILS, HOLDS, UNDECIDED
from mirage_workflow.claims import decide
from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.claims import Claims, read_claims
from mirage_workflow.findings.find import FINDERS, find
from mirage_workflow.schemas.claims import CLAIMS

CONFIG = Path(mirage.__file__).parents[2] / "config"
EXPERIMENTS = [path.stem for path in (CONFIG / "experiments").glob("*.yaml")]


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


@pytest.mark.parametrize("lacking", [1, 3])
def test_a_number_that_a_seed_has_too_few_samples_for_says_so(lacking):
    row = typical_of([0.004, 0.0041, 0.0042, 0.0043][lacking:] + [math.nan] * lacking)
    assert row["verdict"] == UNDECIDED
    assert row["reason"].startswith(f"too few: undefined for {lacking} of 4 seeds")


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
