"""Bridges a length of their segment: counts by hand, and tables with known verdicts."""

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from mirage.metrics.segments import log_ratio
from mirage_workflow.config.statistics.known import AnyStatistic
from mirage_workflow.findings.find import find
from mirage_workflow.schemas.metrics import METRICS

ASKED = TypeAdapter(AnyStatistic).validate_python(
    {"name": "segment_ratio", "of": 1, "to": [0, 2], "rate": 1e-4, "below": 1}
)
LENGTHS = np.array([20, 40, 20]) / 2  # the middle halves, in standard deviations
N = 100_000


def table(hits, blurred=0.0, towards=0.9):
    """Metrics of five seeds. hits: on each segment, [seeds, 3]."""
    rows = []
    for seed, on in enumerate(hits):
        at = {"seed": seed, "generation": 0, "n": N}
        bridge = {"metric": "endpoint_rate", "label": "bridge", "value": sum(on) / N}
        rows.append(at | bridge | {"blurred": 3 * blurred / N})
        rows.append(at | {"metric": "towards_neighbours", "n": 200, "value": towards, "floor": 0.5})
        rows.append(at | {"metric": "inwards", "n": 200, "value": 0.95, "floor": 0.5})
        for segment, count in enumerate(on):
            rate = at | {"segment": segment, "value": count / N, "high": count / N + 1e-4}
            rows.append(rate | {"metric": "segment_rate", "blurred": blurred / N})
            scaled = {key: rate[key] / LENGTHS[segment] for key in ("value", "high")}
            rows.append(rate | scaled | {"metric": "segment_rate_per_std"})
    found = pd.DataFrame(rows).reindex(columns=METRICS.names).astype({"segment": "Int16"})
    return found.fillna({"blurred": 0.0})


def test_a_ratio_is_of_counts_a_length_above_their_floors_to_the_thinnest():
    hits, floors = [[111], [51], [91]], [[11], [11], [11]]
    found = log_ratio(hits, floors, [20, 40, 20], 1, [0, 2])
    half = 0.5 / (80 / 3)
    assert np.exp(found) == pytest.approx([(40 / 40 + half) / (80 / 20 + half)])


def test_segments_without_a_bridge_are_alike_and_one_with_none_is_thinner_than_one_with_some():
    none, some = np.zeros((3, 1)), np.array([[100], [0], [100]])
    assert log_ratio(none, none, [20, 40, 20], 1, [0, 2]) == pytest.approx([0])
    assert np.exp(log_ratio(some, none, [20, 40, 20], 1, [0, 2])) < 0.01


def test_one_thick_neighbour_does_not_make_a_gap_thin():
    """As a young model has where it has not yet found the last mode."""
    rng = np.random.default_rng(0)
    found = find(ASKED, table(rng.poisson([10, 100, 3_000], (5, 3))))
    assert found.value > 1
    assert found.evidence.holds > 0.05


def test_fewer_a_length_in_the_gap_hold_and_as_many_do_not():
    rng = np.random.default_rng(0)
    fewer = find(ASKED, table(rng.poisson([100, 100, 100], (5, 3))))
    assert fewer.value == pytest.approx(0.5, rel=0.2)
    assert fewer.evidence.holds < 0.01
    even = find(ASKED, table(rng.poisson([100, 200, 100], (5, 3))))
    assert even.value == pytest.approx(1, rel=0.2)
    assert even.evidence.holds > 0.05


def test_bridges_that_wide_modes_explain_are_not_compared():
    hits = np.random.default_rng(0).poisson([100, 1, 100], (5, 3))
    assert find(ASKED, table(hits, blurred=100)).reason == "there are no bridges to compare"
    assert find(ASKED, table(hits, towards=0.5)).reason == "there are no bridges to compare"
