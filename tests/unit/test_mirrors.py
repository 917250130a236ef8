"""Tails that point at neighbours have a mirror image outwards, bridges have none."""

import numpy as np
import pytest
from scipy.stats import binom

from mirage.datasets import mixtures
from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.controls import blurred, crossed, heavy_tailed, noisy, planted
from mirage.metrics.directions import to_neighbours
from mirage.metrics.endpoint import between_neighbours, label
from mirage.metrics.mirrors import inwards

RADIUS = 5.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def counts(points, mixture, measure=inwards):
    found = measure(label(np.asarray(points, float), mixture, RADIUS), mixture).counts()
    hits, n, expected = (float(count[0]) for count in found)
    return int(hits), int(n), expected


@pytest.fixture(scope="module")
def square():
    """Nine modes 40 standard deviations apart; the first stands at the origin, a corner."""
    x, y = np.meshgrid([0.0, 40, 80], [0.0, 40, 80])
    return GaussianMixture(np.stack([x.ravel(), y.ravel()], 1), 1.0)


@pytest.mark.parametrize(
    ("point", "hits", "looked"),
    [
        ((40, 15), 1, 1),  # inwards of the middle of an edge
        ((40, -15), 0, 1),  # its image
        ((43, -15), 0, 1),
        ((40, -25), 0, 1),  # where the tail of the next mode comes in
        ((40, -35), 0, 0),
        ((40, -65), 0, 1),  # of the one after that
        ((40, 25), 0, 0),  # nearer to the middle, which has neighbours all around
        ((40, 5), 0, 0),  # no bridge
        ((55, 3), 0, 0),  # along the edge: beyond the mode is a neighbour as well
        ((25, 3), 0, 0),
        ((15, 3), 1, 1),  # half of the strip along the edge, seen from the corner
        ((15, -3), 0, 0),  # outside the hull
        ((-15, -3), 0, 1),
        ((-15, 3), 0, 0),
    ],
    ids=str,
)
def test_places_told_by_hand(square, point, hits, looked):
    assert counts([point], square)[:2] == (hits, looked)


def test_noise_beside_segments_stands_for_what_there_is_of_it_along_them(square):
    """At 16 std a segment is seen under 2 asin(5/16), and beside it is the rest of a half turn."""
    angles = np.pi * (np.arange(4_000) + 0.5) / 4_000
    half = [40, 0] + 16 * np.stack([np.cos(angles), np.sin(angles)], 1)
    strip = np.arcsin(5 / 16)
    hits, looked, expected = counts(half, square)
    assert hits == pytest.approx(4_000 * 2 * strip / np.pi, abs=2)
    assert looked == pytest.approx(2 * hits, rel=0.02)
    assert expected == pytest.approx(looked / 2, abs=1)


def test_what_is_as_much_on_all_sides_of_a_mode_is_balanced(square):
    angles = 2 * np.pi * (np.arange(4_000) + 0.5) / 4_000
    around = [40, 0] + 16 * np.stack([np.cos(angles), np.sin(angles)], 1)
    hits, looked, _ = counts(around, square)
    assert hits == pytest.approx(looked / 2, rel=0.01)


def laplace(size):
    return rng().laplace(scale=2, size=size)


def student(size):
    return rng().standard_t(3, size)


TAILS = {
    "Laplace": lambda m, n, turn: crossed(
        m, n, lambda s: rng().laplace(scale=2, size=s), rng(1), turn
    ),
    "Student's t": lambda m, n, turn: crossed(m, n, lambda s: rng().standard_t(3, s), rng(1), turn),
    "axes of each mode's own": lambda m, n, turn: crossed(
        m, n, student, rng(1), rng(2).uniform(0, np.pi, 25)
    ),
    "isotropic": lambda m, n, turn: heavy_tailed(m, n, 2, rng()),
    "wide modes": lambda m, n, turn: blurred(m, n, 2.8, rng()),
    "noise": lambda m, n, turn: noisy(m, n, 0.1, rng()),
}


@pytest.mark.parametrize("name", ["grid", "rotated"])
@pytest.mark.parametrize("model", TAILS)
def test_tails_and_noise_have_an_image(request, name, model):
    mixture = request.getfixturevalue(name)
    points = TAILS[model](mixture, 40_000, np.pi / 4 * (name == "rotated"))
    hits, looked, _ = counts(points, mixture)
    assert looked > 15
    assert binom.sf(hits - 1, looked, 0.55) > 0.01


@pytest.mark.parametrize("name", ["grid", "rotated"])
def test_by_directions_alone_tails_along_the_axes_pass(request, name):
    mixture = request.getfixturevalue(name)
    points = TAILS["Student's t"](mixture, 40_000, np.pi / 4 * (name == "rotated"))
    hits, looked, expected = counts(points, mixture, to_neighbours)
    assert binom.sf(hits - 1, looked, 1.1 * expected / looked) < 1e-20


@pytest.mark.parametrize("name", ["grid", "rotated", "line"])
def test_bridges_have_none(request, name):
    mixture = request.getfixturevalue(name)
    near = between_neighbours(mixture)
    points = planted(near, 60_000, 0.01, rng())
    hits, looked, _ = counts(points, mixture)
    assert hits > 80
    assert binom.sf(hits - 1, looked, 0.55) < 1e-15
    # In the plane of a fifth of them: those that are next to an outer mode, and lead inwards.
    share = hits / counts(points, mixture, to_neighbours)[0]
    assert share == pytest.approx(1 if name == "line" else 0.2, abs=0.06)


def test_on_a_line_what_is_inwards_of_the_outer_modes_is_held_against_outwards(line):
    points = [[1.3], [1.4], [0.7], [2.7], [2.3], [1.7], [3.3], [1.1], [0.15], [0.35]]
    # 2.3 and 1.7 are nearest to the inner mode, 1.1 is valid, 0.15 is 17 std outwards.
    assert counts(points, line) == (3, 6, 3.0)


@pytest.mark.parametrize("degrees", [2, 3])
def test_heavy_tails_on_a_line_have_an_image(line, degrees):
    hits, looked, _ = counts(heavy_tailed(line, 200_000, degrees, rng()), line)
    assert looked > 1_000
    assert hits / looked == pytest.approx(0.5, abs=4 * 0.5 / looked**0.5)


def test_nothing_far_is_nothing_looked_at(grid, line):
    for mixture in (grid, line, mixtures.rotated()):
        assert counts(mixture.means, mixture) == (0, 0, 0.0)
    assert counts([[np.nan, 0.0]], grid) == (0, 0, 0.0)


def test_modes_in_one_line_of_the_plane_have_no_outwards_to_tell_by():
    row = GaussianMixture(np.array([[0.0, 0], [40, 0], [80, 0]]), 1.0)
    points = planted(between_neighbours(row), 2_000, 0.1, rng())
    assert counts(points, row) == (0, 0, 0.0)
    hits, looked, expected = counts(points, row, to_neighbours)
    assert hits == looked > expected > 0
