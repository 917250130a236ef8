import math

import numpy as np
import pandas as pd
import pytest

from mirage.detectors import Score
from mirage.metrics import detection

HAL = Score("hal", 0, 4)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def labelled(valid, hallucinated) -> pd.DataFrame:
    labels = ["valid"] * len(valid) + ["interpolated", "invalid"] * len(hallucinated)
    return pd.DataFrame(
        {"hal_0_4": [*valid, *hallucinated], "label": labels[: len(valid) + len(hallucinated)]}
    )


def ranked(*parts) -> dict:
    return detection.rank(parts, [HAL])


def measured(scores, *others) -> dict:
    rows = detection.measure(detection.rank([scores], list(others) or [HAL]))
    return {(row.metric, Score(row.detector, row.first, row.last)): row for row in rows}


def auroc(scores):
    return measured(scores)["auroc", HAL]


def delong_error(valid, hallucinated) -> float:
    ranking = detection.Ranking(hallucinated)
    ranking.add(valid)
    return ranking.auroc()[1]


def specificity(scores):
    return measured(scores)["specificity_at_95_sensitivity", HAL]


@pytest.mark.parametrize(
    ("valid", "hallucinated", "expected"),
    [
        ([1, 2, 3.5], [3, 4], 5 / 6),  # of six pairs one is in the wrong order
        ([1, 2], [3, 4], 1),
        ([3, 4], [1, 2], 0),
        ([1, 1], [1, 1], 0.5),
        ([1, 2], [2, 3], 3.5 / 4),  # a tie counts half
    ],
)
def test_auroc_is_the_share_of_pairs_in_the_right_order(valid, hallucinated, expected):
    row = auroc(labelled(valid, hallucinated))
    assert row.value == pytest.approx(expected)
    assert row.n == len(valid) + len(hallucinated)


def test_auroc_of_two_shifted_gaussians_is_known():
    scores = labelled(rng().normal(0, 1, 4000), rng(1).normal(1, 1, 4000))
    row = auroc(scores)
    # Phi(1 / sqrt 2) = 0.7602, at four of the row's own standard errors.
    assert row.value == pytest.approx(0.7602, abs=4 * (row.high - row.low) / (2 * 1.96))
    assert row.high - row.low < 0.03


def test_auroc_does_not_change_under_a_rising_function_of_the_score():
    scores = labelled(rng().normal(0, 1, 200), rng(1).normal(1, 1, 100))
    bent = scores.assign(hal_0_4=np.exp(3 * scores["hal_0_4"]))
    assert auroc(bent).value == pytest.approx(auroc(scores).value)
    assert auroc(bent).low == pytest.approx(auroc(scores).low)


@pytest.mark.parametrize("decimals", [5, 0], ids=["no ties", "many ties"])
def test_delongs_error_is_that_of_all_pairs_compared_one_by_one(decimals):
    valid, hallucinated = rng().normal(0, 1, 60).round(decimals), rng(1).normal(1, 1, 40)
    hallucinated = hallucinated.round(decimals)
    wins = np.array([[(h > v) + 0.5 * (h == v) for v in valid] for h in hallucinated])
    by_hit, by_miss = wins.mean(1), wins.mean(0)  # DeLong et al. (1988), V10 and V01
    expected = math.sqrt(by_hit.var(ddof=1) / 40 + by_miss.var(ddof=1) / 60)
    assert delong_error(valid, hallucinated) == pytest.approx(expected)


def test_delongs_error_is_the_spread_of_auroc_over_repeated_draws():
    values, errors = [], []
    for seed in range(300):
        valid, hallucinated = rng(seed).normal(0, 1, 150), rng(seed + 1000).normal(1, 1, 50)
        values.append(auroc(labelled(valid, hallucinated)).value)
        errors.append(delong_error(valid, hallucinated))
    # A std of 300 draws has a relative standard error of 1/sqrt(600) = 4 %: four of them.
    assert np.mean(errors) == pytest.approx(np.std(values), rel=4 / math.sqrt(600))


@pytest.mark.parametrize("hits", [1, 9])
def test_delongs_error_needs_two_of_each_class(hits):
    assert math.isnan(delong_error(np.arange(hits, 10.0), np.arange(0.0, hits)))


@pytest.mark.parametrize("present", ["valid", "invalid"])
def test_with_one_class_absent_detection_is_undefined_and_has_no_curve(present):
    scores = pd.DataFrame({"hal_0_4": [0.1, 0.2, 0.3], "label": present})
    for row in measured(scores).values():
        assert math.isnan(row.value)
        assert row.n == 3
    assert len(measured(scores)) == 2
    assert detection.roc(ranked(scores)).empty


def test_specificity_counts_the_valid_below_the_threshold_that_finds_95_percent():
    # Of 30 hallucinations 29 lie at 102 or above (96.7 %), 28 above it (93.3 %). A valid
    # sample at the threshold itself is flagged.
    valid = [90] * 30 + [101.5] * 10 + [102] * 4 + [110] * 6
    row = specificity(labelled(valid, np.arange(101, 131)))
    assert row.value == pytest.approx(40 / 50)
    assert row.n == 50
    assert (row.low, row.high) == pytest.approx((0.6696, 0.8876), abs=1e-4)  # Wilson, 40/50


@pytest.mark.parametrize("n", [7, 30, 99, 100, 2000])
def test_at_least_95_percent_are_found_at_the_specificity_told(n):
    # The valid samples stand just below each hallucination, so the specificity tells the
    # rank of the threshold.
    hallucinated = rng(n).normal(0, 1, n)
    row = specificity(labelled(hallucinated - 1e-9, hallucinated))
    found = 1 - (row.value * n - 1) / n
    assert 0.95 - 1e-9 <= found < 0.95 + 1 / n


def test_a_perfect_score_rejects_no_valid_sample_and_a_useless_one_nearly_all():
    assert specificity(labelled([1, 2, 3], [4, 5, 6])).value == 1
    assert specificity(labelled([4, 5, 6], [1, 2, 3])).value == 0


def test_each_column_is_measured_by_itself():
    inverted = Score("inverted", 0, 4)
    scores = labelled([1, 2], [3, 4]).assign(inverted_0_4=[4, 3, 2, 1])
    rows = measured(scores, HAL, inverted)
    assert rows["auroc", HAL].value == 1
    assert rows["auroc", inverted].value == 0


def test_a_thinned_curve_keeps_its_ends_and_its_area():
    scores = labelled(rng().normal(0, 1, 5000), rng(1).normal(1, 1, 5000))
    curve = detection.roc(ranked(scores))
    x, y = curve["false_positive_rate"].to_numpy(), curve["true_positive_rate"].to_numpy()
    assert len(curve) <= 400
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= 0).all()
    assert np.trapezoid(y, x) == pytest.approx(auroc(scores).value, abs=2e-3)


def test_every_point_of_a_curve_holds_at_its_threshold():
    scores = labelled(rng().normal(0, 1, 50), rng(1).normal(1, 1, 50))
    hallucinated = scores["label"] != "valid"
    for point in detection.roc(ranked(scores)).itertuples():
        flagged = scores["hal_0_4"] >= point.threshold
        assert flagged[hallucinated].mean() == pytest.approx(point.true_positive_rate)
        assert flagged[~hallucinated].mean() == pytest.approx(point.false_positive_rate)


def test_a_score_in_parts_is_ranked_as_in_one_piece():
    scores = labelled(rng().normal(0, 1, 900).round(1), rng(1).normal(1, 1, 100).round(1))
    order = rng(2).permutation(len(scores))
    parts = [scores.iloc[rows] for rows in np.array_split(order, 7)]
    assert detection.measure(ranked(*parts)) == detection.measure(ranked(scores))
    pd.testing.assert_frame_equal(
        detection.roc(ranked(*parts)), detection.roc(ranked(scores)), check_exact=True
    )


@pytest.mark.parametrize("decimals", [9, 1, 0])
def test_ranking_agrees_with_scikit_learn(decimals):
    from sklearn.metrics import roc_auc_score, roc_curve

    scores = labelled(rng().normal(0, 1, 300), rng(1).normal(1, 1, 90)).round(decimals)
    positive = scores["label"] != "valid"
    assert auroc(scores).value == pytest.approx(
        roc_auc_score(positive, scores["hal_0_4"]), abs=1e-12
    )
    curve = detection.roc(ranked(scores))
    expected = roc_curve(positive, scores["hal_0_4"])[:2]
    found = curve["false_positive_rate"], curve["true_positive_rate"]
    assert np.trapezoid(*found[::-1]) == pytest.approx(np.trapezoid(*expected[::-1]), abs=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_is_no_number_counts_as_the_most_suspicious(bad):
    scores = labelled([1.0, 2.0, 3.0], [4.0, bad])
    area, kept = detection.measure(ranked(scores))
    assert area.value == 1
    assert kept.value == 1
    assert len(detection.roc(ranked(scores)))


def test_the_interval_of_an_auroc_ends_at_one():
    area, _ = detection.measure(ranked(labelled([1.0, 2.0, 5.0], [3.0, 6.0, 7.0])))
    assert area.value < 1
    assert area.high == 1


def test_where_nothing_is_labelled_the_median_of_each_score_is_told_with_its_interval():
    draws, covered = rng(), 0
    for _ in range(200):
        table = pd.DataFrame({HAL.column: draws.lognormal(size=101)})
        (row,) = detection.medians([table[:40], table[40:]], [HAL])
        assert (row.value, row.n) == (np.median(table[HAL.column]), 101)
        assert (row.detector, row.first, row.last) == HAL
        covered += row.low <= 1 <= row.high  # 1 is the median of the distribution
    assert 0.9 < covered / 200 < 1


def test_a_score_that_is_no_number_is_above_the_median():
    (row,) = detection.medians([pd.DataFrame({HAL.column: [1.0, 2.0, math.nan]})], [HAL])
    assert row.value == 2
