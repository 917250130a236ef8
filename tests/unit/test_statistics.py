import math

import numpy as np
import pandas as pd
import pytest

from mirage.metrics.names import AT
from mirage.metrics.rows import Row, estimate, frame, rate


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # Newcombe (1998), table I, method 3, and the textbook cases of ten
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 10, 0.0000, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0000),
    ],
)
def test_rates_have_the_published_wilson_intervals(hits, n, low, high):
    row = rate("r", hits, n)
    assert row.value == hits / n
    assert (row.low, row.high) == pytest.approx((low, high), abs=5e-5)


def test_the_wilson_interval_covers_the_truth_about_95_times_in_100():
    hits, times = np.unique(rng().binomial(200, 0.1, 2000), return_counts=True)
    inside = [(row := rate("r", k, 200)).low <= 0.1 <= row.high for k in hits]
    covered = np.average(inside, weights=times)
    # Four binomial standard errors of 2000, and a percent for the discreteness of 200.
    assert covered == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / 2000) ** 0.5 + 0.01)


def test_a_rate_of_nothing_is_undefined():
    row = rate("r", 0, 0, 0.1, threshold=5.0)
    assert math.isnan(row.value)
    assert math.isnan(row.low)
    assert (row.n, row.threshold, row.floor) == (0, 5, 0.1)


def test_rows_of_unlike_metrics_make_one_frame_of_typed_columns():
    at = {"detector": "hal", "first": 0, "last": 4}
    table = frame([Row("auroc", 0.9, 10, **at), rate("beyond_rate", 1, 10, threshold=5.0)])
    assert {name: str(table[name].dtype) for name in AT} == AT | {
        name: "object" for name in AT if table[name].isna().all() and AT[name] == "str"
    }
    assert table["last"].tolist() == [4, pd.NA]
    assert table.groupby(list(AT), dropna=False).size().tolist() == [1, 1]


def test_an_estimate_reaches_1_96_standard_errors_to_both_sides():
    row = estimate("e", 2.0, 0.5, 10)
    assert (row.low, row.high) == pytest.approx((1.02, 2.98))
