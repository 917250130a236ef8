"""Whether hallucinations have a direction: against turns about their modes, and sides."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from mirage.datasets import mixtures
from mirage.metrics.bridges import pairs
from mirage.metrics.controls import blurred, heavy_tailed, noisy, planted, scattered
from mirage.metrics.directions import to_neighbours, to_second_neighbours
from mirage.metrics.endpoint import Segments, between_neighbours, label

RADIUS = 5.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def looks(points, mixture, measure=to_neighbours):
    return measure(label(points, mixture, RADIUS), mixture)


def counts(points, mixture, measure=to_neighbours):
    hits, n, expected = looks(points, mixture, measure).counts()
    return int(hits[0]), int(n[0]), float(expected[0])


def more(hits, n, expected):
    """P that random directions give as many hits."""
    return binom.sf(hits - 1, n, expected / n)


def fewer(hits, n, expected):
    return binom.cdf(hits, n, expected / n)


def test_bridges_are_expected_as_often_as_directions_see_a_side(grid):
    """At a third of the spacing a side is seen under asin(3/8) on either side."""
    spacing, centre = grid.spacing, np.linalg.norm(grid.means, axis=1).argmin()
    angles = rng().uniform(0, 2 * np.pi, 400)
    offsets = spacing / 3 * np.stack([np.cos(angles), np.sin(angles)], 1)
    hits, n, expected = counts(grid.means[centre] + offsets, grid)
    assert n == 400
    share = 4 * np.arcsin(3 / 8) / np.pi
    assert expected / 400 == pytest.approx(share, abs=0.01)
    # The points themselves are a random turn.
    assert hits == pytest.approx(400 * share, abs=4 * 10)


def test_a_point_has_the_same_chance_wherever_it_was_turned_to_before(rotated):
    corner = np.linalg.norm(rotated.means, axis=1).argmax()
    angles = np.pi / 36 * np.arange(72)
    offsets = rotated.spacing / 3 * np.stack([np.cos(angles), np.sin(angles)], 1)
    seen = looks(rotated.means[corner] + offsets, rotated)
    assert 0 < len(seen.rows) < 40  # of a corner, most directions are outside the hull
    assert seen.chance == pytest.approx(seen.chance[0])
    assert seen.hit.mean() == pytest.approx(seen.chance[0])


def test_points_that_no_turn_could_bring_to_a_bridge_are_left_out(grid):
    centre = np.linalg.norm(grid.means, axis=1).argmin()
    offsets = grid.spacing * np.array([[0.24, 0], [0.26, 0], [0.49, 0], [0.36, 0.36]])
    seen = looks(grid.means[centre] + offsets, grid)
    assert seen.rows.tolist() == [1, 2]
    assert seen.hit.all()


def test_hits_are_told_by_model_where_several_stand_one_after_the_other(grid):
    centre = np.linalg.norm(grid.means, axis=1).argmin()
    bridge, mode = grid.means[centre] + [0.3 * grid.spacing, 0], grid.means[centre]
    seen = looks(np.array([bridge, mode, bridge, bridge, mode, mode]), grid)
    hits, n, expected = seen.counts(3, np.arange(6) // 2)
    assert hits.tolist() == n.tolist() == [1, 2, 0]
    assert expected.tolist() == pytest.approx([seen.chance[0], 2 * seen.chance[0], 0])


def test_noise_that_is_the_same_everywhere_has_no_direction(rotated):
    """Outer modes have it, and their segments, on the inner side alone."""
    found = counts(noisy(rotated, 60_000, 0.5, rng()), rotated)
    assert found[1] > 5_000
    assert more(*found) > 0.01


def test_planted_bridges_have_a_direction(rotated):
    hits, n, expected = counts(planted(between_neighbours(rotated), 20_000, 0.01, rng()), rotated)
    assert more(hits, n, expected) < 1e-20
    assert hits / n > 0.95
    assert expected / n < 0.7


def test_their_own_distances_in_random_directions_have_none(rotated):
    points = scattered(planted(between_neighbours(rotated), 20_000, 0.05, rng()), rotated, rng(1))
    found = counts(points, rotated)
    assert found[1] > 500
    assert min(more(*found), fewer(*found)) > 0.01


@pytest.mark.parametrize("model", ["blurred", "scattered"])
def test_without_a_direction_p_is_uniform(rotated, model):
    models, n = 300, 1_000
    points = {
        "blurred": lambda: blurred(rotated, models * n, 2.8, rng()),
        "scattered": lambda: scattered(
            planted(between_neighbours(rotated), models * n, 0.05, rng()), rotated, rng(1)
        ),
    }[model]()
    p = more(*looks(points, rotated).counts(models, np.arange(models * n) // n))
    rejected = int((p <= 0.05).sum())
    assert binomtest(rejected, models, 0.05, alternative="greater").pvalue > 1e-3
    # It is a test, not a refusal: half of the time p is below a half.
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=4 * (0.25 / models) ** 0.5 + 0.05)


def test_points_inwards_of_the_outer_modes_are_told_from_those_outwards(line):
    points = np.array([[1.3], [1.4], [0.7], [2.7], [2.3], [1.7], [3.3], [1.1], [0.2]])
    # 2.3 and 1.7 are nearest to the inner mode, 1.1 is valid; outwards any distance counts.
    assert counts(points, line) == (3, 6, 3.0)


def test_a_gap_does_not_change_the_outer_modes_of_a_line():
    gap = mixtures.line([1, 2, 4, 5])
    hits, n, expected = counts(planted(between_neighbours(gap), 50_000, 0.01, rng()), gap)
    assert more(hits, n, expected) < 1e-20
    assert hits / n > 0.95


@pytest.mark.parametrize("model", ["blurred", "heavy-tailed", "scattered"])
def test_on_a_line_no_model_without_a_direction_lies_inwards(line, model):
    draw = {
        "blurred": lambda: blurred(line, 200_000, 2.0, rng()),
        "heavy-tailed": lambda: heavy_tailed(line, 200_000, 2.0, rng()),
        "scattered": lambda: scattered(
            planted(between_neighbours(line), 50_000, 0.05, rng()), line, rng(1)
        ),
    }
    found = counts(draw[model](), line)
    assert found[1] > 500
    assert more(*found) > 0.01


def test_nothing_between_a_quarter_and_half_is_nothing_looked_at(grid, line):
    assert counts(grid.means, grid) == (0, 0, 0.0)
    assert counts(line.means, line) == (0, 0, 0.0)
    assert counts(grid.means, grid, to_second_neighbours) == (0, 0, 0.0)
    assert counts(np.array([[np.nan, 0.0]]), grid) == (0, 0, 0.0)


# --- second neighbours: along the axes of the rotated grid ---------------------------------------


def test_thick_bridges_leave_the_axes_free(rotated):
    points = planted(between_neighbours(rotated), 5_000, 0.2, rng(), across=2.5)
    found = counts(points, rotated, to_second_neighbours)
    assert found[1] > 20
    assert fewer(*found) <= 0.01


def test_interpolation_along_the_axes_is_found_however_many_bridges_there_are(rotated):
    far = Segments(rotated, pairs(rotated, shell=1))
    # Along the axes: second neighbours differ in one coordinate only.
    first, second = rotated.means[far.ends.T]
    assert (np.isclose(first, second).sum(1) == 1).all()
    near = planted(between_neighbours(rotated), 5_000, 0.2, rng(), across=2.5)
    points = np.concatenate([near, planted(far, 5_000, 0.05, rng(1))])
    found = counts(points, rotated, to_second_neighbours)
    assert more(*found) <= 0.01
    assert fewer(*found) > 0.9


def test_random_directions_lie_along_the_axes_as_often_as_chance_has_it(rotated):
    points = scattered(planted(between_neighbours(rotated), 20_000, 0.1, rng()), rotated, rng(1))
    found = counts(points, rotated, to_second_neighbours)
    assert found[1] > 100
    assert min(more(*found), fewer(*found)) > 0.01
