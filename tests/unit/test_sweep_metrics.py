"""What stands beside numbers of small models: the true score's own, and the weights of modes."""

import numpy as np
import pandas as pd
import pytest

from mirage.datasets import mixtures
from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics import by_bridge
from mirage.metrics.endpoint import between_neighbours, label
from mirage.metrics.excess import over_truth
from mirage.metrics.mixture import tail_rates, tally
from mirage.metrics.rows import Row, frame, rate
from mirage.metrics.widening import floors, segment_floors
from mirage.metrics.width import of_blur

# --- the true score's own -----------------------------------------------------------------------


def beside(learned, true, n=1_000):
    rows = [rate("endpoint_rate", hits, n, label="bridge") for hits in (learned, true)]
    return over_truth(*(frame([row]) for row in rows)).iloc[0]


def test_a_share_is_told_less_that_of_the_true_score():
    row = beside(30, 10)
    assert row["true_value"] == 0.01
    assert row["excess"] == pytest.approx(0.02)
    assert row["excess_low"] < 0.02 < row["excess_high"]


@pytest.mark.parametrize("hits", [0, 5, 500])
def test_a_share_as_large_as_that_of_the_true_score_is_no_excess(hits):
    row = beside(hits, hits)
    assert row["excess"] == 0
    assert row["excess_low"] == pytest.approx(-row["excess_high"])


def test_the_interval_is_that_of_newcombe():
    """His table II, method 10: 56/70 less 48/80 is 0.2, from 0.0524 to 0.3339."""
    learned, true = (frame([rate("endpoint_rate", hits, n)]) for hits, n in ((56, 70), (48, 80)))
    row = over_truth(learned, true).iloc[0]
    found = row[["excess", "excess_low", "excess_high"]].astype(float)
    assert found.tolist() == pytest.approx([0.2, 0.0524, 0.3339], abs=1e-4)


def test_the_interval_covers_the_difference_in_95_of_100_tries():
    hits = np.random.default_rng(0).binomial(400, [[0.05], [0.01]], (2, 1_000))
    learned, true = (
        frame(rate("segment_rate", int(k), 400, segment=i) for i, k in enumerate(of)) for of in hits
    )
    rows = over_truth(learned, true)
    covered = ((rows["excess_low"] <= 0.04) & (rows["excess_high"] >= 0.04)).mean()
    assert 0.93 < covered < 0.98


def test_rows_meet_those_taken_at_the_same_place_and_others_have_none():
    drawn = pd.DataFrame({"label": "valid", "mode": 0, "distance": np.linspace(0, 5.5, 12)})
    tails = tail_rates(tally([drawn], mixtures.line([1, 2])))
    learned = frame([*tails, Row("mode_width", 1.2, 12), Row("auroc", 0.9, 12, detector="hal")])
    true = frame([rate("beyond_rate", k, 12, threshold=float(k)) for k in (3, 4, 5, 6)])
    both = over_truth(learned, pd.concat([true, frame([Row("mode_width", 1.0, 12)])]))
    assert len(both) == len(learned)
    rates = both[both["metric"] == "beyond_rate"]
    assert (rates["true_value"] * 12).tolist() == rates["threshold"].tolist()
    others = both.set_index("metric")
    assert others.loc["mode_width", "true_value"] == 1.0
    assert np.isnan(others.loc["auroc", "true_value"])
    assert others.loc[["mode_width", "auroc"], "excess"].isna().all()


# --- bridges by the weights of what they join ---------------------------------------------------


def rows_of(points, truth):
    drawn = label(points, truth, 5.0)
    return by_bridge.measure(drawn, truth, 5.0)


def test_points_count_for_the_bridge_that_they_are_on(grid):
    ends = between_neighbours(grid).ends
    middles = grid.means[ends].mean(1)
    points = np.concatenate([middles[[3, 3, 17]], grid.means])
    rows = {row.segment: row for row in rows_of(points, grid)}
    assert len(rows) == 40
    assert rows[3].value == 2 / 28
    assert rows[17].value == 1 / 28
    assert sum(row.value for row in rows.values()) == pytest.approx(3 / 28)


def widened(truth, factor=1.9):
    """Points of the truth with its modes so many times as wide, and the widths that they show."""
    points, modes = truth.sample(50_000, np.random.default_rng(0))
    wide = points + (points - truth.means[modes]) * (factor - 1)
    return wide, of_blur(label(wide, truth, 5.0), truth)[0]


def test_the_floors_of_a_bridge_are_those_of_the_blurred_truth():
    """Against the floors that are drawn for each segment by itself."""
    truth = mixtures.line([1, 2, 3], imbalance=16)
    wide, width = widened(truth)
    rows = rows_of(wide, truth)
    assert width.min() > 1.8
    expected = segment_floors(truth, 5.0, width)
    assert [row.blurred for row in rows] == pytest.approx(expected, rel=0.01)
    assert expected[0] > 3 * expected[1]
    assert [row.floor for row in rows] == pytest.approx(segment_floors(truth, 5.0, 1.0), rel=0.01)


def test_the_floors_of_all_bridges_are_that_of_bridges():
    """Inner modes of the grid have four neighbours, its corners two."""
    truth = mixtures.grid(imbalance=16)
    wide, width = widened(truth)
    rows = rows_of(wide, truth)
    assert sum(row.blurred for row in rows) == pytest.approx(floors(truth, 5.0, width)["bridge"])
    assert sum(row.floor for row in rows) == pytest.approx(floors(truth, 5.0, 1.0)["bridge"])


def test_segments_of_different_lengths_are_left_to_the_other_table():
    gap = mixtures.line([1, 2, 4, 5])
    assert rows_of(gap.means, gap) == []


def test_each_bridge_knows_the_weights_of_its_two_modes():
    truth = GaussianMixture(np.array([[0.0], [1.0], [2.0]]), 0.01, imbalance=4)
    table = by_bridge.weights(truth)
    assert table["heavier_weight"].tolist() == pytest.approx([4 / 7, 2 / 7])
    assert table["lighter_weight"].tolist() == pytest.approx([2 / 7, 1 / 7])
    assert table.index.name == "segment"
