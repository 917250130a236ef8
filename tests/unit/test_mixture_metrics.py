import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from mirage.datasets import mixtures
from mirage.labels.points import label_points
from mirage.metrics import mixture
from mirage.metrics.histogram import histogram, marginals


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


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
    return {(row.metric, row.threshold): row for row in rows}


@pytest.fixture(scope="module")
def exact_grid(grid):
    return by_name(exact_scores(grid), grid)


@pytest.mark.parametrize(
    ("name", "threshold", "floor"),
    [
        ("line", 3, 0.0027),
        ("grid", 3, 0.01111),
        ("line", 4, 6.334e-5),
        ("grid", 4, 3.355e-4),
        ("line", 5, 5.733e-7),
        ("grid", 5, 3.727e-6),
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
    row = exact_grid["hallucination_rate", 5]
    assert row.floor == pytest.approx(3.727e-6, rel=1e-3)
    assert row.value <= 4 / N  # 0.37 expected


def test_exact_samples_have_the_width_of_their_modes(exact_grid):
    row = exact_grid["within_mode_variance_ratio", 5]
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
    assert exact_grid["modes_covered", None].value == exact_grid["modes_covered", None].floor == 25
    row = exact_grid["mode_weight_tv", None]
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
    assert rows["modes_covered", None].value == 20
    # Half of 5 weights too small by 1/25 and 20 too large by 1/100.
    assert rows["mode_weight_tv", None].value == pytest.approx(0.2, abs=1e-3)
    assert rows["hallucination_rate", 5].value < 1e-3


@pytest.mark.parametrize("width", [0.5, 0.9])
def test_shrunken_modes_are_seen_though_no_sample_hallucinates(grid, width):
    rows = by_name(exact_scores(grid, width=width), grid)
    row = rows["within_mode_variance_ratio", 5]
    # Relative standard error 1/sqrt(N) of a mean of exponentials: four of them.
    assert row.value == pytest.approx(width**2, rel=4 / math.sqrt(N))
    assert row.high < row.floor
    assert rows["hallucination_rate", 5].value == 0


def test_widened_modes_are_seen(grid):
    rows = by_name(exact_scores(grid, width=1.3), grid)
    assert rows["within_mode_variance_ratio", 5].low > 1.6
    beyond = math.exp(-((3 / 1.3) ** 2) / 2)
    error = math.sqrt(beyond * (1 - beyond) / N)
    assert rows["beyond_rate", 3].value == pytest.approx(beyond, abs=4 * error)


def test_each_kind_of_hallucination_is_counted_by_itself(grid):
    labels = ["valid"] * 90 + ["interpolated"] * 7 + ["invalid"] * 3
    scores = pd.DataFrame({"label": labels, "mode": 0, "distance": 1.0})
    rows = mixture.label_rates(mixture.tally([scores], grid), RADIUS)
    shares = {(row.metric, row.label): row.value for row in rows}
    assert shares == {
        ("hallucination_rate", None): 0.1,
        ("label_rate", "interpolated"): 0.07,
        ("label_rate", "invalid"): 0.03,
    }


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
    assert [rows["beyond_rate", k].value for k in (3, 4, 5, 6)] == [0.5] * 4


# --- histograms ---------------------------------------------------------------------------------


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


def test_points_of_the_plane_are_counted_along_each_coordinate_with_the_true_marginal():
    mixture = mixtures.grid()
    points, _ = mixture.sample(20_000, rng())
    table = marginals(np.concatenate([points, [[0.0, 99.0]]]), mixture)
    for coordinate, lost in ((0, 0), (1, 1)):
        along = table[table["coordinate"] == coordinate]
        width = along["right"] - along["left"]
        assert (along["count"].sum(), set(along["n"])) == (20_001 - lost, {20_001})
        assert (along["true_density"] * width).sum() == pytest.approx(1, abs=1e-4)
        expected = 20_001 * along["true_density"] * width
        residual = ((along["count"] - expected) / np.sqrt(expected))[expected > 20]
        assert residual.abs().max() < 4.5
    with pytest.raises(AssertionError):  # neither is the other's
        np.testing.assert_array_equal(*(part["count"] for _, part in table.groupby("coordinate")))
