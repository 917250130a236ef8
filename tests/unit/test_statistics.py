import math

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import sqrtm
from scipy.stats import norm

from mirage.metrics import detection, mixture, pictures
from mirage.metrics.histogram import histogram
from mirage.metrics.rows import estimate, rate
from mirage.support import label_points


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- intervals ---------------------------------------------------------------------------------


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
    row = rate("r", 0, 0, "5 std", 0.1)
    assert math.isnan(row.value)
    assert math.isnan(row.low)
    assert (row.n, row.parameter, row.floor) == (0, "5 std", 0.1)


def test_an_estimate_reaches_1_96_standard_errors_to_both_sides():
    row = estimate("e", 2.0, 0.5, 10)
    assert (row.low, row.high) == pytest.approx((1.02, 2.98))


# --- how well a score tells hallucinations -----------------------------------------------------


def labelled(valid, hallucinated) -> pd.DataFrame:
    labels = ["valid"] * len(valid) + ["interpolated", "invalid"] * len(hallucinated)
    return pd.DataFrame(
        {"hal": [*valid, *hallucinated], "label": labels[: len(valid) + len(hallucinated)]}
    )


def ranked(*parts) -> dict:
    return detection.rank(parts, ["hal"])


def measured(scores, *columns) -> dict:
    rows = detection.measure(detection.rank([scores], list(columns) or ["hal"]))
    return {(row.metric, row.parameter): row for row in rows}


def auroc(scores):
    return measured(scores)["auroc", "hal"]


def specificity(scores):
    return measured(scores)["specificity_at_95_sensitivity", "hal"]


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
    bent = scores.assign(hal=np.exp(3 * scores["hal"]))
    assert auroc(bent).value == pytest.approx(auroc(scores).value)
    assert auroc(bent).low == pytest.approx(auroc(scores).low)


@pytest.mark.parametrize("decimals", [5, 0], ids=["no ties", "many ties"])
def test_delongs_error_is_that_of_all_pairs_compared_one_by_one(decimals):
    valid, hallucinated = rng().normal(0, 1, 60).round(decimals), rng(1).normal(1, 1, 40)
    hallucinated = hallucinated.round(decimals)
    wins = np.array([[(h > v) + 0.5 * (h == v) for v in valid] for h in hallucinated])
    by_hit, by_miss = wins.mean(1), wins.mean(0)  # DeLong et al. (1988), V10 and V01
    expected = math.sqrt(by_hit.var(ddof=1) / 40 + by_miss.var(ddof=1) / 60)
    positive = np.repeat([False, True], [60, 40])
    error = detection.delong_error(positive, np.concatenate([valid, hallucinated]))
    assert error == pytest.approx(expected)


def test_delongs_error_is_the_spread_of_auroc_over_repeated_draws():
    positive = np.repeat([False, True], [150, 50])
    values, errors = [], []
    for seed in range(300):
        scores = labelled(rng(seed).normal(0, 1, 150), rng(seed + 1000).normal(1, 1, 50))
        values.append(detection.measure(ranked(scores))[0].value)
        errors.append(detection.delong_error(positive, scores["hal"].to_numpy()))
    # A std of 300 draws has a relative standard error of 1/sqrt(600) = 4 %: four of them.
    assert np.mean(errors) == pytest.approx(np.std(values), rel=4 / math.sqrt(600))


@pytest.mark.parametrize("hits", [0, 1])
def test_delongs_error_needs_two_of_each_class(hits):
    positive = np.arange(10) < hits
    assert math.isnan(detection.delong_error(positive, np.arange(10.0)))


@pytest.mark.parametrize("present", ["valid", "invalid"])
def test_with_one_class_absent_detection_is_undefined_and_has_no_curve(present):
    scores = pd.DataFrame({"hal": [0.1, 0.2, 0.3], "label": present})
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
    scores = labelled([1, 2], [3, 4]).assign(inverted=[4, 3, 2, 1])
    rows = measured(scores, "hal", "inverted")
    assert rows["auroc", "hal"].value == 1
    assert rows["auroc", "inverted"].value == 0


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
        flagged = scores["hal"] >= point.threshold
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
    assert auroc(scores).value == pytest.approx(roc_auc_score(positive, scores["hal"]), abs=1e-12)
    curve = detection.roc(ranked(scores))
    expected = roc_curve(positive, scores["hal"])[:2]
    found = curve["false_positive_rate"], curve["true_positive_rate"]
    assert np.trapezoid(*found[::-1]) == pytest.approx(np.trapezoid(*expected[::-1]), abs=1e-12)


# --- points against the mixture they should follow ---------------------------------------------

N = 100_000
RADIUS = 5.0


def exact_scores(truth, n=N, width=1.0, modes=None) -> pd.DataFrame:
    """Labels of independent draws, each from a mode at random."""
    draws = rng(7)
    modes = draws.integers(len(truth.means), size=n) if modes is None else modes
    noise = draws.standard_normal((len(modes), truth.means.shape[1]))
    return label_points(truth.means[modes] + width * truth.std * noise, truth, RADIUS)


def by_name(scores, truth) -> dict:
    rows = mixture.measure(mixture.tally([scores], truth), RADIUS)
    return {(row.metric, row.parameter): row for row in rows}


@pytest.fixture(scope="module")
def exact_grid(grid):
    return by_name(exact_scores(grid), grid)


@pytest.mark.parametrize(
    ("name", "threshold", "floor"),
    [
        ("line", "3 std", 0.0027),
        ("grid", "3 std", 0.01111),
        ("line", "4 std", 6.334e-5),
        ("grid", "4 std", 3.355e-4),
        ("line", "5 std", 5.733e-7),
        ("grid", "5 std", 3.727e-6),
    ],
)
def test_exact_samples_lie_beyond_a_threshold_as_often_as_its_floor(
    request, name, threshold, floor
):
    truth = request.getfixturevalue(name)
    row = by_name(exact_scores(truth), truth)["beyond_rate", threshold]
    assert row.floor == pytest.approx(floor, rel=1e-3)
    # Four standard errors of n binomial draws, and one draw for the rarest.
    assert row.value == pytest.approx(floor, abs=4 * math.sqrt(floor / N) + 1 / N)
    assert row.low <= row.value <= row.high
    assert row.n == N


def test_exact_samples_hardly_hallucinate(exact_grid):
    row = exact_grid["hallucination_rate", "5 std"]
    assert row.floor == pytest.approx(3.727e-6, rel=1e-3)
    assert row.value <= 4 / N  # 0.37 expected


def test_exact_samples_have_the_width_of_their_modes(exact_grid):
    row = exact_grid["within_mode_variance_ratio", "5 std"]
    error = (row.high - row.value) / 1.96
    assert row.value == pytest.approx(row.floor, abs=4 * error)
    # The squared radius over 2 is exponential with mean 1 and standard deviation 1.
    assert error == pytest.approx(1 / math.sqrt(N), rel=0.05)
    assert 0.9999 < row.floor < 1


def test_the_width_of_cut_modes_has_a_floor_below_one(grid):
    points, _ = grid.sample(N, rng())
    scores = label_points(points, grid, radius=3)
    row = mixture.within_mode_variance_ratio(mixture.tally([scores], grid), 3)
    # For r^2/2 ~ Exp(1) cut at 4.5: 1 - 4.5 / (e^4.5 - 1) = 0.9494.
    assert row.floor == pytest.approx(1 - 4.5 / (math.exp(4.5) - 1))
    assert row.value == pytest.approx(row.floor, abs=4 * (row.high - row.value) / 1.96)


def test_exact_samples_cover_all_modes_with_weights_as_unequal_as_chance(exact_grid):
    assert exact_grid["modes_covered", ""].value == exact_grid["modes_covered", ""].floor == 25
    row = exact_grid["mode_weight_tv", ""]
    assert row.value == pytest.approx(row.floor, abs=4 * (row.high - row.value) / 1.96)


def test_the_floor_and_error_of_mode_weights_are_those_of_repeated_draws(grid):
    draws = []
    for seed in range(300):
        modes = rng(seed).integers(25, size=1000)
        _, row = mixture.mode_metrics(np.bincount(modes, minlength=25), np.full(25, 1 / 25))
        draws.append(row.value)
    error = (row.high - row.value) / 1.96
    # Four standard errors of the mean of 300; for their spread, 1/sqrt(600) four times and
    # 4 % for neglecting that 25 weights sum to one.
    assert row.floor == pytest.approx(np.mean(draws), abs=4 * np.std(draws) / math.sqrt(300))
    assert error == pytest.approx(np.std(draws), rel=4 / math.sqrt(600) + 0.04)


def test_lost_modes_are_seen(grid):
    scores = exact_scores(grid, modes=np.arange(20_000) % 20)
    rows = by_name(scores, grid)
    assert rows["modes_covered", ""].value == 20
    # Half of 5 weights too small by 1/25 and 20 too large by 1/100.
    assert rows["mode_weight_tv", ""].value == pytest.approx(0.2, abs=1e-3)
    assert rows["hallucination_rate", "5 std"].value < 1e-3


@pytest.mark.parametrize("width", [0.5, 0.9])
def test_shrunken_modes_are_seen_though_no_sample_hallucinates(grid, width):
    rows = by_name(exact_scores(grid, width=width), grid)
    row = rows["within_mode_variance_ratio", "5 std"]
    # Relative standard error 1/sqrt(N) of a mean of exponentials: four of them.
    assert row.value == pytest.approx(width**2, rel=4 / math.sqrt(N))
    assert row.high < row.floor
    assert rows["hallucination_rate", "5 std"].value == 0


def test_widened_modes_are_seen(grid):
    rows = by_name(exact_scores(grid, width=1.3), grid)
    assert rows["within_mode_variance_ratio", "5 std"].low > 1.6
    beyond = math.exp(-((3 / 1.3) ** 2) / 2)
    error = math.sqrt(beyond * (1 - beyond) / N)
    assert rows["beyond_rate", "3 std"].value == pytest.approx(beyond, abs=4 * error)


def test_each_kind_of_hallucination_is_counted_by_itself(grid):
    labels = ["valid"] * 90 + ["interpolated"] * 7 + ["invalid"] * 3
    scores = pd.DataFrame({"label": labels, "mode": 0, "distance": 1.0})
    rows = mixture.label_rates(mixture.tally([scores], grid), RADIUS)
    rows = {row.metric: row for row in rows}
    assert rows["hallucination_rate"].value == 0.1
    assert rows["interpolated_rate"].value == 0.07
    assert rows["invalid_rate"].value == 0.03


def test_without_a_valid_sample_the_modes_are_undefined(grid):
    scores = label_points(np.full((10, 2), 50.0), grid, RADIUS)
    rows = mixture.measure(mixture.tally([scores], grid), RADIUS)
    rows = {row.metric: row for row in rows}
    assert rows["hallucination_rate"].value == 1
    assert rows["modes_covered"].value == 0
    assert math.isnan(rows["mode_weight_tv"].value)
    assert math.isnan(rows["within_mode_variance_ratio"].value)


def test_samples_in_parts_are_measured_as_in_one_piece_to_the_bit(grid):
    scores = exact_scores(grid, n=5_000, width=1.5)
    order = rng(1).permutation(len(scores))
    parts = [scores.iloc[rows] for rows in np.array_split(order, 7)]
    whole = mixture.measure(mixture.tally([scores], grid), RADIUS)
    assert mixture.measure(mixture.tally(parts, grid), RADIUS) == whole


def test_a_sample_that_is_no_number_is_beyond_every_threshold(grid):
    scores = label_points(np.array([[np.nan, 0.0], [0.0, 0.0]]), grid, RADIUS)
    rows = by_name(scores, grid)
    assert [rows["beyond_rate", f"{k} std"].value for k in (3, 4, 5, 6)] == [0.5] * 4


# --- histograms --------------------------------------------------------------------------------


def test_a_histogram_of_exact_samples_follows_the_true_density(line):
    points, _ = line.sample(N, rng())
    table = histogram([points], line)
    width = table["right"] - table["left"]
    assert table["count"].sum() == N
    assert (table["density"] * width).sum() == pytest.approx(1)
    assert (table["true_density"] * width).sum() == pytest.approx(1, abs=1e-4)
    expected = N * table["true_density"] * width
    residual = ((table["count"] - expected) / np.sqrt(expected))[expected > 20]
    # Poisson counts: no bin of about a hundred beyond 4.5 standard errors.
    assert residual.abs().max() < 4.5


def test_the_true_density_of_a_bin_is_its_probability_over_its_width(line):
    table = histogram([np.array([[1.0]])], line)
    edges = [*table["left"], table["right"].iloc[-1]]
    cumulated = norm.cdf(edges, loc=line.means, scale=line.std).mean(0)
    # Eight points to a bin of a fifth of a std; the peak is 2.7.
    np.testing.assert_allclose(table["true_density"] * 0.01, np.diff(cumulated), atol=1e-5)


def test_a_histogram_counts_in_fifths_of_a_standard_deviation_from_ten_below_to_ten_above(line):
    table = histogram([np.array([[1.0], [1.5], [99.0]])], line)
    assert table["left"].iloc[0] == pytest.approx(0.5)
    assert table["right"].iloc[-1] == pytest.approx(3.5)
    assert (table["right"] - table["left"]).tolist() == pytest.approx([0.01] * 300)
    assert table["count"].sum() == 2
    # What lies outside still counts among all points.
    assert (table["density"] * 0.01).sum() == pytest.approx(2 / 3)


# --- pictures in a classifier's features -------------------------------------------------------


def with_moments(mean, covariance, n=400, seed=0) -> np.ndarray:
    """Features whose sample mean and covariance are exactly those given: [n, d]."""
    x = rng(seed).standard_normal((n, len(mean)))
    x -= x.mean(0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T
    return x @ np.linalg.cholesky(np.asarray(covariance, float)).T + mean


SKEW = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])


def test_frechet_distance_of_shifted_features_is_the_squared_shift():
    real, shift = with_moments([0, 0, 0], SKEW), np.array([1, 2, -2])
    assert pictures.frechet_distance(real + shift, real) == pytest.approx(9, rel=1e-6)


def test_frechet_distance_of_independent_features_adds_differences_of_their_spreads():
    features = with_moments([0, 0, 0], np.diag([4.0, 9.0, 1.0]), seed=1)
    real = with_moments([0, 0, 0], np.diag([1.0, 1.0, 1.0]))
    assert pictures.frechet_distance(features, real) == pytest.approx(1 + 4 + 0, rel=1e-6)


def test_frechet_distance_of_correlated_features_is_the_closed_form():
    mean, covariance = np.array([0.5, -1.0, 2.0]), np.diag([3.0, 0.2, 1.0])
    features, real = with_moments(mean, covariance, seed=1), with_moments([0, 0, 0], SKEW)
    expected = mean @ mean + np.trace(covariance + SKEW - 2 * sqrtm(covariance @ SKEW).real)
    assert pictures.frechet_distance(features, real) == pytest.approx(expected, rel=1e-6)
    assert pictures.frechet_distance(real, features) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_a_set_to_itself_is_zero():
    real = with_moments([1, 2, 3], SKEW).astype(np.float32)
    assert pictures.frechet_distance(real, real) == pytest.approx(0, abs=1e-5)


def test_the_fid_comes_with_its_error_and_the_floor_of_held_out_pictures():
    real, heldout = with_moments([0, 0, 0], SKEW), with_moments([0.1, 0, 0], SKEW, seed=1)
    row = pictures.fid_row(with_moments([1, 0, 0], SKEW, seed=2), real, heldout, rng())
    assert row.value == pytest.approx(1, rel=1e-6)
    assert row.floor == pytest.approx(0.01, rel=1e-6)
    # Near a shift m, the squared distance of a mean of n varies by 2 m sqrt(2 / n) = 0.14;
    # 50 resamples tell that to 1/sqrt(100): four of them.
    assert (row.high - row.value) / 1.96 == pytest.approx(2 * math.sqrt(2 / 400), rel=0.4)


def precision_recall(features, real, heldout=None):
    heldout = real if heldout is None else heldout
    rows = pictures.precision_recall_rows(features, real, heldout, rng())
    return {row.metric: row for row in rows}


def test_a_set_has_full_precision_and_recall_of_itself():
    real = rng().standard_normal((300, 8))
    rows = precision_recall(real, real)
    assert rows["precision"].value == rows["recall"].value == 1
    assert rows["precision"].floor == rows["recall"].floor == 1
    assert rows["precision"].n == rows["recall"].n == 300


def test_far_sets_have_neither_precision_nor_recall():
    real = rng().standard_normal((300, 8))
    rows = precision_recall(real + 100, real, heldout=real[:50] + 100)
    assert rows["precision"].value == rows["recall"].value == 0
    assert rows["precision"].floor == rows["recall"].floor == 0


def test_a_collapsed_set_keeps_its_precision_and_loses_its_recall():
    clusters = np.repeat([[0.0, 0.0], [50.0, 0.0]], 200, axis=0)
    real = clusters + rng().standard_normal((400, 2))
    collapsed = rng(1).standard_normal((400, 2))
    rows = precision_recall(collapsed, real)
    assert rows["precision"].value > 0.9
    assert rows["recall"].value == pytest.approx(0.5, abs=0.05)


def test_a_spread_out_set_loses_its_precision_and_keeps_its_recall():
    real = rng().standard_normal((400, 2))
    both = np.concatenate([rng(1).standard_normal((200, 2)), rng(2).normal(50, 1, (200, 2))])
    rows = precision_recall(both, real)
    assert rows["precision"].value == pytest.approx(0.5, abs=0.05)
    assert rows["recall"].value > 0.9


def test_a_ball_reaches_to_the_third_neighbour():
    among = np.array([[0.0], [1.0], [2.0], [4.0]])
    # Reaches: 4, 3, 2, 4. From 0 one reaches -4, from 4 one reaches 8.
    rows = precision_recall(np.array([[-4.0], [-4.1], [8.0], [8.1]]), among)
    assert rows["precision"].value == 0.5


def test_as_many_real_pictures_are_compared_as_were_generated():
    real = rng().standard_normal((300, 3))
    assert precision_recall(real[:40], real)["recall"].n == 40


def test_the_nearest_real_picture_is_found():
    real = np.array([[0.0, 0.0], [3.0, 4.0]])
    distances = pictures.nearest_distances(np.array([[0.0, 1.0], [3.0, 4.0], [6.0, 8.0]]), real)
    assert distances.tolist() == pytest.approx([1, 0, 5])


def test_class_shares_count_all_ten_digits():
    rows = pictures.class_shares(pd.DataFrame({"predicted_class": [3] * 6 + [7] * 4}))
    assert {row.parameter: row.value for row in rows} == {
        str(digit): {3: 0.6, 7: 0.4}.get(digit, 0) for digit in range(10)
    }


def test_all_numbers_of_a_generation_of_pictures_are_measured():
    scores = pd.DataFrame({"predicted_class": [1, 2] * 50, "confidence": [0.5, 1.0] * 50})
    features = rng().standard_normal((100, 4)).astype(np.float32)
    rows = pictures.measure(scores, features, features, features, rng())
    measured = {row.metric: row for row in rows}
    assert set(measured) == {"fid", "precision", "recall", "class_share", "mean_confidence"}
    confidence = measured["mean_confidence"]
    # 100 values half at 0.5 and half at 1: a standard error of 0.25 / sqrt(99).
    assert confidence.value == pytest.approx(0.75)
    reach = norm.ppf(0.975) * 0.25 / math.sqrt(99)
    assert confidence.high - confidence.value == pytest.approx(reach, rel=1e-3)


def test_without_classes_distances_alone_are_measured_and_name_their_network():
    features = rng().standard_normal((100, 4)).astype(np.float32)
    scores = pd.DataFrame({"nn_distance": np.ones(100)})
    rows = pictures.measure(scores, features, features, features, rng(), "network.pt")
    assert {row.metric: row.parameter for row in rows} == dict.fromkeys(
        ("fid", "precision", "recall"), "network.pt"
    )


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
