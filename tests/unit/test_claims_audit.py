"""The rules of the ledger are tried on models that are known, and the audit on rules."""

from pathlib import Path

import numpy as np
import pytest

import mirage
from mirage.metrics import claims_audit, count_trials
from mirage.metrics.claims_audit import CONTROL, EFFECT, INTERVAL, Trial, audit, tried
from mirage.metrics.controls import blurred
from mirage.metrics.endpoint import between_neighbours, label
from mirage.metrics.rules import RULES
from mirage.metrics.verdicts import Evidence
from mirage_workflow.config.claims import read_claims


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def chance(p: float):
    """A rule that says `holds` so often, whatever the model."""

    def draw(own, repetitions):
        return {
            "rule": Evidence(np.where(own.random(repetitions) < p, 0.0, 1.0), np.ones(repetitions))
        }

    return draw


@pytest.mark.parametrize(
    ("p", "kind", "kept"),
    [
        (0.03, CONTROL, True),
        (0.3, CONTROL, False),
        (0.97, EFFECT, True),
        (0.6, EFFECT, False),
        (0.05, INTERVAL, False),
        (0.95, INTERVAL, True),
        (0.85, INTERVAL, False),
    ],
)
def test_rules_that_hold_too_often_or_too_seldom_are_told(p, kind, kept):
    row = audit([Trial("", kind, ("rule",), chance(p))], 1_000, rng()).iloc[0]
    assert row["kept"] == kept
    assert row["value"] == row["holds"] / 1_000 == pytest.approx(p, abs=0.06)
    assert row["low"] < row["value"] < row["high"]


def test_a_rule_that_denies_an_effect_it_also_finds_is_told():
    torn = Trial("", EFFECT, ("rule",), lambda own, k: {"rule": Evidence(*np.full((2, k), 0.01))})
    row = audit([torn], 50, rng()).iloc[0]
    assert (row["holds"], row["fails"], row["kept"]) == (50, 50, False)


def test_effects_are_found_at_the_alpha_of_their_family_and_controls_pass_at_that_of_one():
    def draw(own, k):
        return {"rule": Evidence(np.full(k, 0.02), np.ones(k))}

    trials = [Trial("", kind, ("rule",), draw) for kind in (CONTROL, EFFECT)]
    table = audit(trials, 20, rng(), {"rule": 0.01})
    assert table["alpha"].tolist() == [0.05, 0.01]
    assert table["holds"].tolist() == [20, 0]


def test_what_takes_long_is_drawn_less_often():
    row = audit([Trial("", CONTROL, ("rule",), chance(0), one_in=2)], 25, rng()).iloc[0]
    assert row["n"] == 13


def test_evidence_that_is_undefined_never_holds():
    nothing = Trial(
        "", CONTROL, ("rule",), lambda own, k: {"rule": Evidence(*np.full((2, k), np.nan))}
    )
    assert audit([nothing], 5, rng()).iloc[0]["holds"] == 0


def test_a_trial_is_the_same_whatever_comes_after_it():
    one, two = (Trial("", kind, ("rule",), chance(0.5)) for kind in (CONTROL, EFFECT))
    alone, both = audit([one], 50, rng()), audit([one, two], 50, rng())
    assert alone.iloc[0].equals(both.iloc[0])


def test_every_rule_is_tried_on_what_is_stated_of_it():
    found = tried(count_trials.trials())
    assert found.keys() == RULES.keys()
    for name, rule in RULES.items():
        assert set(found[name].controls) == set(rule.controls), name
        assert set(found[name].effects) == set(rule.effects), name


def test_the_share_of_hallucinations_near_segments_could_not_fail(rotated):
    """Of a blur's points beyond 5 std, nearly all are within 5 std of some segment."""
    points = blurred(rotated, 200_000, 1.5, rng())
    labels = label(points, rotated, 5.0)
    far = labels["distance"] > 5
    segments = between_neighbours(rotated)
    first = rotated.means[labels["mode"][far]]
    along = np.radians(45) + np.pi / 2 * np.arange(4)
    offsets = points[far] - first
    across = np.abs(np.stack([offsets @ [-np.sin(a), np.cos(a)] for a in along])).min(0)
    assert far.sum() > 500
    assert segments.lengths[0] == pytest.approx(28.3, abs=0.1)
    assert np.mean(across <= 5 * rotated.std) > 0.99


CONFIG = Path(mirage.__file__).parents[2] / "config"
ALPHAS = read_claims(
    CONFIG / "claims.yaml", [path.stem for path in (CONFIG / "experiments").glob("*.yaml")]
).alphas


def test_each_rule_has_the_alpha_of_its_largest_family():
    assert ALPHAS["exist"] == 0.05 / 8
    assert ALPHAS["typical"] == 0.05 / count_trials.FAMILY
    assert ALPHAS["more_than_mirror"] == ALPHAS["exist"]
    assert ALPHAS.keys() == RULES.keys()


def kept(repetitions: int) -> None:
    table = claims_audit.audit(count_trials.trials(), repetitions, rng(), ALPHAS)
    assert table["kept"].all(), table[~table["kept"]].to_string()


def test_no_control_passes_and_every_effect_is_found():
    kept(20)


@pytest.mark.long
def test_no_control_passes_and_every_effect_is_found_in_a_thousand():
    kept(1_000)
