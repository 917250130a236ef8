import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial.distance import pdist

from mirage.datasets import mixtures
from mirage.datasets.mixtures import line

SCALE = math.sqrt(0.05**2 + 8)  # 2.8289


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def as_set(points: np.ndarray) -> set[tuple[float, ...]]:
    return {tuple(np.round(point, 9)) for point in points}


def test_the_grid_stands_at_even_numbers_over_its_standard_deviation(grid):
    axis = (-4, -2, 0, 2, 4)
    expected = np.array([(x, y) for x in axis for y in axis]) / SCALE
    assert as_set(grid.means) == as_set(expected)
    assert len(grid.means) == 25


def test_the_modes_of_the_grid_are_forty_standard_deviations_apart(grid):
    assert pdist(grid.means).min() == pytest.approx(0.7070, abs=1e-4)
    assert grid.std == pytest.approx(0.01767, abs=1e-5)
    assert pdist(grid.means).min() / grid.std == pytest.approx(40)


def test_the_grid_has_unit_variance_in_each_coordinate(grid):
    variance = (grid.means**2).mean(0) + grid.std**2
    assert grid.means.mean(0) == pytest.approx(0, abs=1e-12)
    assert variance == pytest.approx([1, 1])


@pytest.mark.parametrize("kind", [mixtures.grid, mixtures.rotated])
def test_spacing_and_width_are_varied_each_by_itself(kind):
    usual = kind()
    for apart, wide in ((1.0, 1.0), (2.0, 0.5), (0.5, 2.0)):
        other = kind(std=0.05 * wide, spacing=2.0 * apart)
        np.testing.assert_allclose(other.means, apart * usual.means)
        assert other.std == pytest.approx(wide * usual.std)


def test_the_rotated_modes_are_the_even_points_of_a_diamond(rotated):
    expected = [
        (x, y)
        for x in range(-4, 5)
        for y in range(-4, 5)
        if (x + y) % 2 == 0 and abs(x) + abs(y) <= 4
    ]
    assert as_set(rotated.means) == as_set(np.array(expected) / SCALE)
    assert len(rotated.means) == 25


def test_rotated_modes_are_nearest_along_the_diagonals(rotated):
    gaps = rotated.means - rotated.means[np.abs(rotated.means).sum(1).argmin()]
    distance = np.linalg.norm(gaps, axis=1)
    nearest = gaps[np.isclose(distance, np.min(distance[distance > 0]))]
    assert pdist(rotated.means).min() == pytest.approx(0.4999, abs=1e-4)
    assert as_set(np.abs(nearest)) == as_set(np.array([[1, 1]]) / SCALE)
    along_an_axis = distance[(gaps[:, 1] == 0) & (gaps[:, 0] > 0)].min()
    assert along_an_axis == pytest.approx(0.7070, abs=1e-4)
    assert pdist(rotated.means).min() / rotated.std == pytest.approx(28.28, abs=0.01)


def test_the_line_is_not_normalised():
    mixture = line([1, 2, 4, 5])
    assert mixture.means.tolist() == [[1], [2], [4], [5]]
    assert mixture.std == 0.05


@pytest.mark.parametrize("name", ["line", "grid", "rotated"])
def test_samples_have_the_mean_and_spread_of_their_modes(request, name):
    mixture = request.getfixturevalue(name)
    x, modes = mixture.sample(25_000, rng())
    assert x.dtype == np.float32
    for mode, mean in enumerate(mixture.means):
        inside = (x[modes == mode] - mean) / mixture.std
        # Four standard errors; float32 rounds at 1e-5 of a std.
        np.testing.assert_allclose(inside.mean(0), 0, atol=4.5 / math.sqrt(len(inside)))
        assert inside.var() == pytest.approx(1, abs=4.5 * math.sqrt(2 / inside.size))


def test_the_coordinates_of_a_sample_are_uncorrelated_within_a_mode(grid):
    x, modes = grid.sample(25_000, rng())
    inside = x - grid.means[modes]
    # The standard error of a correlation of n pairs is 1/sqrt(n).
    assert abs(np.corrcoef(inside.T)[0, 1]) < 4 / math.sqrt(25_000)


@pytest.mark.parametrize("n", [25, 1000, 1013])
def test_modes_are_filled_evenly(grid, n):
    counts = np.bincount(grid.sample(n, rng())[1], minlength=25)
    assert counts.sum() == n
    assert counts.max() - counts.min() == (1 if n % 25 else 0)


def test_any_first_samples_are_balanced_too(grid):
    _, modes = grid.sample(1000, rng())
    assert np.bincount(modes[:100], minlength=25).tolist() == [4] * 25


def test_a_seed_fixes_the_samples(grid):
    x, _ = grid.sample(100, rng(1))
    np.testing.assert_array_equal(x, grid.sample(100, rng(1))[0])
    assert not np.isclose(x, grid.sample(100, rng(2))[0]).all(1).any()


def test_the_density_of_the_line_integrates_to_one(line):
    total, _ = quad(
        lambda x: math.exp(line.log_prob(np.array([[x]]))[0]), 0, 4, points=[1, 2, 3], limit=200
    )
    assert total == pytest.approx(1, abs=1e-8)


def test_a_third_of_the_line_belongs_to_each_mode(line):
    within, _ = quad(lambda x: math.exp(line.log_prob(np.array([[x]]))[0]), 1.9, 2.1)
    assert within == pytest.approx(0.9544997 / 3, abs=1e-7)  # two standard deviations


def test_the_density_at_a_mode_is_that_of_its_own_gaussian(grid):
    # The others are 40 standard deviations away: exp(-800).
    expected = -math.log(25) - math.log(2 * math.pi * grid.std**2)
    np.testing.assert_allclose(grid.log_prob(grid.means), expected, rtol=1e-12)


def test_the_density_halfway_between_two_modes_has_both_their_tails(line):
    halfway = line.log_prob(np.array([[1.5]]))[0]
    one_tail = -math.log(3) - 0.5 * math.log(2 * math.pi * 0.05**2) - 10**2 / 2
    assert halfway == pytest.approx(one_tail + math.log(2))


def test_the_density_far_from_every_mode_is_small_and_not_lost(grid):
    log_prob = grid.log_prob(np.array([[1e3, 1e3]]))
    assert np.isfinite(log_prob).all()
    assert log_prob[0] < -1e9
