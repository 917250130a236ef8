"""The rules of the ledger are tried on models that are known, and the audit on rules."""

import numpy as np
import pytest

from mirage.labels.points import label_points
from mirage.metrics import bridges, claims_audit, magnitude, trials
from mirage.metrics.claims_audit import Trial, audit, unaudited
from mirage.metrics.controls import blurred
from mirage.metrics.verdicts import Evidence

STATISTICS = {
    "above_floor_1d",
    "above_floor_2d",
    "difference",
    "directed_1d",
    "directed_2d",
    "exist_1d",
    "exist_2d",
    "fall",
    "kept_at_95_found",
    "no_more_than_floor",
    "none_along_second",
    "typical_rate",
}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def chance(p: float):
    """A rule that says `holds` so often, whatever the model."""
    return lambda own: {"rule": Evidence(0.0 if own.random() < p else 1.0, 1.0)}


@pytest.mark.parametrize(
    ("p", "effect", "kept"),
    [(0.03, False, True), (0.3, False, False), (0.97, True, True), (0.6, True, False)],
)
def test_rules_that_hold_too_often_or_too_seldom_are_told(p, effect, kept):
    table = audit([Trial("", effect, ("rule",), chance(p))], 300, rng())
    row = table.iloc[0]
    assert row["kept"] == kept
    assert row["value"] == row["holds"] / 300 == pytest.approx(p, abs=0.12)
    assert row["low"] < row["value"] < row["high"]


def test_a_rule_that_denies_an_effect_it_also_finds_is_told():
    torn = Trial("", True, ("rule",), lambda own: {"rule": Evidence(0.01, 0.01)})
    row = audit([torn], 50, rng()).iloc[0]
    assert (row["holds"], row["fails"], row["kept"]) == (50, 50, False)


def test_evidence_that_is_undefined_never_holds():
    nothing = Trial("", False, ("rule",), lambda own: {"rule": Evidence(np.nan, np.nan)})
    assert audit([nothing], 5, rng()).iloc[0]["holds"] == 0


def test_a_trial_is_the_same_whatever_comes_after_it():
    one, two = Trial("", False, ("rule",), chance(0.5)), Trial("", True, ("rule",), chance(0.5))
    alone, both = audit([one], 50, rng()), audit([one, two], 50, rng())
    assert alone.iloc[0].equals(both.iloc[0])


def test_a_statistic_needs_a_control_and_an_effect():
    made = [Trial("", False, ("a", "b"), chance(0)), Trial("", True, ("b", "c"), chance(1))]
    assert unaudited(["a", "b", "c", "d"], made) == ["a", "c", "d"]
    assert unaudited(STATISTICS, trials.trials()) == []
    assert {name for trial in trials.trials() for name in trial.statistics} == STATISTICS


def test_the_share_of_hallucinations_near_segments_does_not_pass(rotated):
    """Of a blur's points beyond 5 std, nearly all are within 5 std of some segment."""

    def judge(own):
        excess = []
        for _ in range(3):
            points = blurred(rotated, 5_000, 1.5, own)
            labels = label_points(points, rotated, 5.0)["label"]
            table = bridges.measure(points, labels, rotated, 5.0, own).set_index("place")
            excess.append(table.loc["nearest", "value"] - table.loc["nearest", "chance"])
        return {"place_excess": magnitude.above(excess, 0.0)}

    table = audit([Trial("truth blurred", False, ("place_excess",), judge)], 3, rng())
    assert table.iloc[0]["holds"] == 3
    assert not table.iloc[0]["kept"]


def kept(repetitions: int) -> None:
    table = claims_audit.audit(trials.trials(), repetitions, rng())
    assert table["kept"].all(), table[~table["kept"]].to_string()


def test_no_control_passes_and_every_effect_is_found():
    kept(6)


@pytest.mark.long
def test_no_control_passes_and_every_effect_is_found_in_a_hundred():
    kept(100)
