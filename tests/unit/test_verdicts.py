"""From evidence to verdicts."""

import math

import numpy as np
import pytest

from mirage.metrics.verdicts import Evidence, all_of, holm, verdicts


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.7, 0.6]).tolist() == [1, 1]


def test_holm_keeps_the_rate_of_any_false_verdict_in_a_family():
    p = rng().uniform(size=(4_000, 6))
    wrong = np.mean([(holm(row) <= 0.05).any() for row in p])
    assert wrong == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / 4_000) ** 0.5)


def test_what_was_not_run_leaves_the_others_as_they_are():
    assert holm([0.01, math.nan, 0.02]) == pytest.approx([0.03, math.nan, 0.04], nan_ok=True)


def test_a_verdict_goes_by_evidence_for_before_evidence_against():
    assert verdicts([0.001, 0.06, 0.9, 0.01], [0.99, 0.9, 0.001, 0.01]) == [
        "holds",
        "undecided",
        "does not hold",
        "holds",
    ]
    assert verdicts([0.06], [0.9], alpha=0.1) == ["holds"]
    assert verdicts([math.nan], [math.nan]) == ["undecided"]


def test_a_claim_of_two_parts_is_as_strong_as_the_weaker_one():
    found = all_of(Evidence(0.001, 0.9), Evidence(0.2, 0.02))
    assert found.holds == 0.2
    assert found.fails == 0.04
    assert math.isnan(all_of(Evidence(0.01, 0.9), Evidence(math.nan, math.nan)).holds)
