"""Whether hallucinations have a direction: against turns about their modes, and sides."""

import numpy as np
import pytest
from scipy.stats import binomtest, kstest

from mirage.datasets import mixtures
from mirage.metrics.bridges import pairs
from mirage.metrics.controls import blurred, heavy_tailed, noisy, planted, scattered
from mirage.metrics.directions import bridges, inward, second_neighbours, turned
from mirage.metrics.endpoint import Segments, between_neighbours, label
from mirage.metrics.nulls import Sides, Turned

RADIUS = 5.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def null_of(measure, points, mixture, *args):
    return measure(points, label(points, mixture, RADIUS), mixture, *args)


def test_a_turn_keeps_distances_and_forgets_directions(rotated):
    points, modes = rotated.means + np.array([0.1, 0.0]), np.arange(25)
    after = turned(np.tile(points, (200, 1)), np.tile(modes, 200), rotated, rng())
    offsets = after - np.tile(rotated.means, (200, 1))
    assert np.linalg.norm(offsets, axis=1) == pytest.approx(0.1)
    angles = np.arctan2(*offsets.T)
    assert kstest(angles, "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-3


def test_on_a_line_a_turn_is_a_change_of_sign(line):
    after = turned(np.full((1_000, 1), 1.2), np.zeros(1_000, int), line, rng())
    assert set(np.round(after[:, 0], 9)) == {0.8, 1.2}


def test_bridges_are_expected_as_often_as_directions_see_a_side(grid):
    """At a third of the spacing a side is seen under asin(3/8) on either side."""
    spacing, centre = grid.spacing, np.linalg.norm(grid.means, axis=1).argmin()
    angles = rng().uniform(0, 2 * np.pi, 400)
    offsets = spacing / 3 * np.stack([np.cos(angles), np.sin(angles)], 1)
    null = null_of(bridges, grid.means[centre] + offsets, grid, rng())
    assert null.n == 400
    share = 4 * np.arcsin(3 / 8) / np.pi
    assert null.expected / 400 == pytest.approx(share, abs=4 * (0.25 / 400 / 999) ** 0.5)
    # The points themselves are a random turn.
    assert null.hits == pytest.approx(400 * share, abs=4 * 10)


def test_points_that_no_turn_could_bring_to_a_bridge_are_left_out(grid):
    centre = np.linalg.norm(grid.means, axis=1).argmin()
    offsets = grid.spacing * np.array([[0.24, 0], [0.26, 0], [0.49, 0], [0.36, 0.36]])
    null = null_of(bridges, grid.means[centre] + offsets, grid, rng(), 19)
    assert (null.hits, null.n) == (2, 2)


def test_noise_that_is_the_same_everywhere_has_no_direction(rotated):
    """Outer modes have it, and their segments, on the inner side alone."""
    null = null_of(bridges, noisy(rotated, 60_000, 0.5, rng()), rotated, rng(1), 99)
    assert null.n > 5_000
    assert null.more() > 0.01


def test_planted_bridges_have_a_direction(rotated):
    points = planted(between_neighbours(rotated), 20_000, 0.01, rng())
    null = null_of(bridges, points, rotated, rng(1))
    assert null.more() == 1 / 1000
    assert null.hits / null.n > 0.95
    assert null.expected / null.n < 0.7


def test_their_own_distances_in_random_directions_have_none(rotated):
    points = scattered(planted(between_neighbours(rotated), 20_000, 0.05, rng()), rotated, rng(1))
    null = null_of(bridges, points, rotated, rng(2))
    assert null.n > 500
    assert min(null.more(), null.fewer()) > 0.01


@pytest.mark.parametrize("model", ["blurred", "scattered"])
def test_without_a_direction_p_is_uniform(rotated, model):
    def draw(seed):
        if model == "blurred":
            return blurred(rotated, 3_000, 2.5, rng(seed))
        near = between_neighbours(rotated)
        return scattered(planted(near, 1_000, 0.05, rng(seed)), rotated, rng(seed + 1_000))

    p = np.array(
        [null_of(bridges, draw(s), rotated, rng(5_000 + s), 39).more() for s in range(300)]
    )
    rejected = int((p <= 0.05).sum())
    assert binomtest(rejected, 300, 0.05, alternative="greater").pvalue > 1e-3
    # It is a test, not a refusal: half of the time p is below a half.
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=4 * (0.25 / 300) ** 0.5 + 0.05)


def test_points_inwards_of_the_outer_modes_are_told_from_those_outwards(line):
    points = np.array([[1.3], [1.4], [0.7], [2.7], [2.3], [1.7], [3.3], [1.1], [0.2]])
    null = null_of(inward, points, line)
    # 2.3 and 1.7 are nearest to the inner mode, 1.1 is valid; outwards any distance counts.
    assert (null.hits, null.n) == (3, 6)


def test_a_gap_does_not_change_the_outer_modes_of_a_line():
    gap = mixtures.line([1, 2, 4, 5])
    points = planted(between_neighbours(gap), 50_000, 0.01, rng())
    null = null_of(inward, points, gap)
    assert null.more() < 1e-20
    assert null.hits / null.n > 0.95


@pytest.mark.parametrize("model", ["blurred", "heavy-tailed", "scattered"])
def test_on_a_line_no_model_without_a_direction_lies_inwards(line, model):
    draw = {
        "blurred": lambda: blurred(line, 200_000, 2.0, rng()),
        "heavy-tailed": lambda: heavy_tailed(line, 200_000, 2.0, rng()),
        "scattered": lambda: scattered(
            planted(between_neighbours(line), 50_000, 0.05, rng()), line, rng(1)
        ),
    }
    null = null_of(inward, draw[model](), line)
    assert null.n > 500
    assert null.more() > 0.01


def test_sides_are_an_exact_binomial():
    assert Sides(8, 10).more() == pytest.approx(56 / 1024)
    assert Sides(8, 10).fewer() == pytest.approx(1013 / 1024)
    assert Sides.pooled([Sides(3, 4), Sides(5, 6)]) == Sides(8, 10)


def test_seeds_are_pooled_turn_by_turn():
    parts = [Turned(3, 4, np.array([1, 2, 3])), Turned(2, 4, np.array([0, 2, 0]))]
    whole = Turned.pooled(parts)
    assert (whole.hits, whole.n, whole.turned.tolist()) == (5, 8, [1, 4, 3])
    assert (whole.more(), whole.fewer()) == (1 / 4, 1)


def test_p_counts_the_sample_itself_as_one_of_the_turns():
    null = Turned(3, 4, np.array([1, 2, 3, 4]))
    assert null.more() == 3 / 5
    assert null.fewer() == 4 / 5


def test_nothing_between_a_quarter_and_half_is_evidence_of_nothing(grid, line):
    for null in (
        null_of(bridges, grid.means, grid, rng(), 9),
        null_of(inward, line.means, line),
        null_of(second_neighbours, grid.means, grid, rng(), 9),
    ):
        assert (null.hits, null.n, null.more(), null.fewer()) == (0, 0, 1, 1)


# --- second neighbours: along the axes of the rotated grid ---------------------------------------


def test_thick_bridges_leave_the_axes_free(rotated):
    points = planted(between_neighbours(rotated), 5_000, 0.2, rng(), across=2.5)
    null = null_of(second_neighbours, points, rotated, rng(1), 199)
    assert null.n > 20
    assert null.fewer() <= 0.01


def test_interpolation_along_the_axes_is_found_however_many_bridges_there_are(rotated):
    far = Segments(rotated, pairs(rotated, shell=1))
    # Along the axes: second neighbours differ in one coordinate only.
    first, second = rotated.means[far.ends.T]
    assert (np.isclose(first, second).sum(1) == 1).all()
    near = planted(between_neighbours(rotated), 5_000, 0.2, rng(), across=2.5)
    points = np.concatenate([near, planted(far, 5_000, 0.05, rng(1))])
    null = null_of(second_neighbours, points, rotated, rng(2), 199)
    assert null.more() <= 0.01
    assert null.fewer() > 0.9


def test_random_directions_lie_along_the_axes_as_often_as_chance_has_it(rotated):
    points = scattered(planted(between_neighbours(rotated), 20_000, 0.1, rng()), rotated, rng(1))
    null = null_of(second_neighbours, points, rotated, rng(2), 199)
    assert null.n > 100
    assert min(null.more(), null.fewer()) > 0.01
