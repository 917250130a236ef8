import math

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import sqrtm
from scipy.stats import norm

from mirage.metrics import pictures
from mirage.metrics.collapse import collapse


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


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
    row, over = pictures.fid_rows(with_moments([1, 0, 0], SKEW, seed=2), real, heldout, rng())
    assert over.value == pytest.approx(row.value / row.floor)
    assert over.floor == 1
    assert row.value == pytest.approx(1, rel=1e-6)
    assert row.floor == pytest.approx(0.01, rel=1e-6)
    # Near a shift m, the squared distance of a mean of n varies by 2 m sqrt(2 / n) = 0.14;
    # 50 resamples tell that to 1/sqrt(100): four of them.
    assert (row.high - row.value) / 1.96 == pytest.approx(2 * math.sqrt(2 / 400), rel=0.4)


def normal(n: int, seed: int = 0, d: int = 8) -> np.ndarray:
    return rng(seed).standard_normal((n, d))


def test_a_perfect_sampler_is_at_the_floor_however_many_pictures_it_draws():
    """A distance falls with the number of pictures: 2,000 against 250 held-out ones was half."""
    real, heldout = normal(2_000), normal(250, seed=1)
    for n in (250, 2_000):
        over = pictures.fid_rows(normal(n, seed=2), real, heldout, rng())[1]
        assert over.n == 250
        assert over.low < 1 < over.high
    unequal = pictures.frechet_distance(normal(2_000, seed=2), real)
    assert unequal < 0.5 * pictures.frechet_distance(heldout, real)


def test_what_is_worse_than_real_pictures_is_above_the_floor():
    over = pictures.fid_rows(1.3 * normal(500, seed=2), normal(500), normal(500, seed=1), rng())[1]
    assert over.low > 1


def test_coverage_of_a_distribution_by_itself_is_that_of_five_neighbours():
    """Naeem et al. 2020, lemma 2: for many points 1 - 2^-5."""
    rows = precision_recall(normal(1_500, seed=1), normal(1_500), heldout=normal(1_500, seed=2))
    for share in (rows["coverage"].value, rows["coverage"].floor):
        assert share == pytest.approx(1 - 2**-5, abs=0.02)


def test_coverage_falls_where_half_is_lost_and_outliers_do_not_hide_it():
    clusters = np.repeat([[0.0] * 8, [50.0] + [0.0] * 7], 200, axis=0)
    real, collapsed = clusters + normal(400), normal(400, seed=1)
    assert precision_recall(collapsed, real)["coverage"].value == pytest.approx(0.48, abs=0.04)
    # Recall is fooled: a few far apart have balls that reach everywhere.
    collapsed[:4] += 200 * np.eye(8)[:4]
    rows = precision_recall(collapsed, real)
    assert rows["recall"].value > 0.9
    assert rows["coverage"].value < 0.55


def precision_recall(features, real, heldout=None):
    heldout = real if heldout is None else heldout
    rows = pictures.neighbour_rows(features, real, heldout)
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


def test_every_generation_is_held_against_one_floor():
    real, heldout = normal(500), normal(100, seed=1)
    floors = [
        [row.floor for row in pictures.measure(pd.DataFrame(), drawn, real, heldout, rng(k), "own")]
        for k, drawn in enumerate((normal(100, seed=2), 2 * normal(100, seed=3)))
    ]
    assert floors[0] == floors[1]


def test_what_is_known_of_a_floor_bounds_the_distance_over_it():
    drawn, heldout = 2 * normal(400, seed=2), normal(100, seed=1)
    distance, over = pictures.fid_rows(drawn, normal(500), heldout, rng())
    assert over.value == distance.value / distance.floor
    # As far either way on the log scale; the distance itself is known better than its floor.
    assert over.low * over.high == pytest.approx(over.value**2)
    assert over.high / over.value > 1.5 * distance.high / distance.value


def test_without_a_floor_there_is_no_distance_over_it():
    real = normal(100)
    over = pictures.fid_rows(normal(100, seed=2), real, real, rng())[1]
    assert np.isnan([over.value, over.low, over.high]).all()


def test_the_nearest_real_picture_is_found():
    real = np.array([[0.0, 0.0], [3.0, 4.0]])
    distances = pictures.nearest_distances(np.array([[0.0, 1.0], [3.0, 4.0], [6.0, 8.0]]), real)
    assert distances.tolist() == pytest.approx([1, 0, 5])


def test_class_shares_count_all_ten_digits():
    rows = pictures.class_shares(pd.DataFrame({"predicted_class": [3] * 6 + [7] * 4}))
    shares = {row.predicted_class: row.value for row in rows if row.metric == "class_share"}
    assert shares == {digit: {3: 0.6, 7: 0.4}.get(digit, 0) for digit in range(10)}


def test_classes_that_are_lost_are_counted_and_their_weight_is_told():
    rows = pictures.class_shares(pd.DataFrame({"predicted_class": [3] * 6 + [7] * 4}))
    measured = {row.metric: row for row in rows}
    assert (measured["modes_covered"].value, measured["modes_covered"].floor) == (2, 10)
    # Half of |0.6 - 0.1| + |0.4 - 0.1| + 8 * 0.1.
    assert measured["mode_weight_tv"].value == pytest.approx(0.8)


def test_all_numbers_of_a_generation_of_pictures_are_measured():
    scores = pd.DataFrame({"predicted_class": [1, 2] * 50, "confidence": [0.5, 1.0] * 50})
    features = rng().standard_normal((100, 4)).astype(np.float32)
    rows = pictures.measure(scores, features, features, features, rng(), "own classifier")
    measured = {row.metric: row for row in rows}
    distances = {"fid", "fid_over_floor", "precision", "recall", "coverage"}
    classes = {"class_share", "modes_covered", "mode_weight_tv", "mean_confidence"}
    assert set(measured) == distances | classes
    confidence = measured["mean_confidence"]
    # 100 values half at 0.5 and half at 1: a standard error of 0.25 / sqrt(99).
    assert confidence.value == pytest.approx(0.75)
    reach = norm.ppf(0.975) * 0.25 / math.sqrt(99)
    assert confidence.high - confidence.value == pytest.approx(reach, rel=1e-3)


def test_without_classes_distances_alone_are_measured_and_name_their_network():
    features = rng().standard_normal((100, 4)).astype(np.float32)
    scores = pd.DataFrame({"nn_distance": np.ones(100)})
    rows = pictures.measure(scores, features, features, features, rng(), "network.pt")
    names = ("fid", "fid_over_floor", "precision", "recall", "coverage")
    assert {row.metric: row.network for row in rows} == dict.fromkeys(names, "network.pt")


def by_generation(*ends: tuple[str, int, int, float, float]) -> pd.DataFrame:
    """Distances: filter, seed, generation, and the interval."""
    columns = ["filter", "seed", "generation", "low", "high"]
    return pd.DataFrame(ends, columns=columns).assign(metric="fid")


class TestCollapse:
    FIRST = ("shared", 0, 0, 1.0, 1.2)

    def test_shows_where_intervals_part_for_good(self):
        later = [("random", 0, k, low, low + 0.2) for k, low in ((1, 1.1), (2, 1.3), (3, 1.4))]
        assert collapse(by_generation(self.FIRST, *later), "random") == (2, 3)

    def test_does_not_show_where_it_passes(self):
        later = [("random", 0, 1, 1.3, 1.5), ("random", 0, 2, 1.1, 1.3)]
        assert collapse(by_generation(self.FIRST, *later), "random") == (None, 2)

    def test_shows_in_every_seed_or_not_at_all(self):
        other = [("shared", 1, 0, 1.0, 1.2), ("random", 1, 1, 1.1, 1.3)]
        rows = by_generation(self.FIRST, ("random", 0, 1, 1.3, 1.5), *other)
        assert collapse(rows, "random") == (None, 1)
        assert collapse(rows[rows["seed"] == 0], "random") == (1, 1)

    def test_a_seed_that_stops_early_does_not_let_the_others_speak_for_it(self):
        other = [("shared", 1, 0, 1.0, 1.2), ("random", 1, 1, 1.1, 1.3)]
        later = [("random", 0, k, 1.3, 1.5) for k in (1, 2)]
        assert collapse(by_generation(self.FIRST, *later, *other), "random") == (None, 2)

    def test_is_that_of_the_filter_asked_for(self):
        rows = by_generation(self.FIRST, ("random", 0, 1, 1.3, 1.5), ("hal", 0, 1, 1.1, 1.3))
        assert collapse(rows, "hal") == (None, 1)
        assert collapse(rows, "none") == (None, 0)
