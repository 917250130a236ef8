import warnings

import numpy as np
import pytest

from mirage.labels.points import label_points

RADIUS = 5.0


def label(mixture, *points, radius=RADIUS):
    return label_points(np.array(points, dtype=float), mixture, radius)


@pytest.fixture
def centre(grid):
    """The mode in the middle of the grid, with neighbours on all four sides."""
    return int(np.linalg.norm(grid.means, axis=1).argmin())


@pytest.fixture
def corner(grid):
    """The mode at the upper right, with nothing beyond it."""
    return int(grid.means.sum(1).argmax())


def test_a_mode_is_valid_and_at_no_distance(grid):
    labels = label(grid, *grid.means)
    assert (labels["label"] == "valid").all()
    assert labels["mode"].tolist() == list(range(25))
    assert labels["distance"].tolist() == [0] * 25


@pytest.mark.parametrize("direction", [(1, 0), (0, -1), (0.6, 0.8)], ids=str)
def test_the_radius_is_where_a_mode_ends(grid, corner, direction):
    mode, away = grid.means[corner], np.abs(direction)  # away from all other modes
    inside, outside = (mode + k * grid.std * away for k in (4.9, 5.1))
    labels = label(grid, inside, outside)
    assert labels["label"].tolist() == ["valid", "invalid"]
    assert labels["mode"].tolist() == [corner, corner]
    assert labels["distance"].tolist() == pytest.approx([4.9, 5.1])


def test_just_outside_a_mode_towards_a_neighbour_is_interpolated(grid, centre):
    mode, neighbour = grid.means[centre], np.array([1.0, 0.0])
    labels = label(grid, mode + 4.9 * grid.std * neighbour, mode + 5.1 * grid.std * neighbour)
    assert labels["label"].tolist() == ["valid", "interpolated"]


def test_the_middle_of_the_edge_between_neighbours_is_interpolated(grid, centre):
    middle = grid.means[centre] + np.array([0.7070 / 2, 0])
    labels = label(grid, middle)
    assert labels["label"].tolist() == ["interpolated"]
    assert labels["distance"][0] == pytest.approx(20, abs=0.01)


def test_the_radius_is_where_an_edge_ends(grid, centre):
    middle = grid.means[centre] + np.array([0.7070 / 2, 0])
    off = [middle + np.array([0, k * grid.std]) for k in (4.9, -4.9, 5.1, -5.1)]
    labels = label(grid, *off)
    assert labels["label"].tolist() == ["interpolated"] * 2 + ["invalid"] * 2


def test_beyond_the_end_of_an_edge_is_invalid(grid, corner):
    beyond = grid.means[corner] + np.array([0.7070 / 2, 0])
    assert label(grid, beyond)["label"].tolist() == ["invalid"]


def test_the_middle_of_four_modes_is_invalid(grid, centre):
    middle = grid.means[centre] + 0.7070 / 2
    assert label(grid, middle)["label"].tolist() == ["invalid"]


def test_rotated_modes_are_bridged_along_diagonals_and_not_along_axes(rotated):
    diagonal, axis = np.array([1, 1]) / 2.8289, np.array([2, 0]) / 2.8289
    labels = label(rotated, 0.5 * diagonal, 0.4 * diagonal, 0.4 * axis)
    # On the way along an axis the two nearest modes are joined by a diagonal.
    assert labels["label"].tolist() == ["interpolated", "interpolated", "invalid"]


def test_on_a_line_what_is_between_modes_is_interpolated_and_what_is_outside_invalid(line):
    labels = label(line, [1.24], [1.26], [1.5], [2.74], [2.76], [3.24], [3.26], [0.76], [0.74])
    assert labels["label"].tolist() == [
        "valid",
        "interpolated",
        "interpolated",
        "interpolated",
        "valid",
        "valid",
        "invalid",
        "valid",
        "invalid",
    ]
    assert labels["mode"].tolist() == [0, 0, labels["mode"][2], 2, 2, 2, 2, 0, 0]


def test_a_wider_radius_makes_more_valid(line):
    point = [1.3]  # six standard deviations from the mode at 1
    assert label(line, point, radius=5)["label"].tolist() == ["interpolated"]
    assert label(line, point, radius=6.1)["label"].tolist() == ["valid"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_point_that_is_no_number_is_invalid_and_infinitely_far(grid, bad):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = label(grid, [bad, 0.0], [0.0, bad], [bad, bad], [0.0, 0.0])
    assert labels["label"].tolist() == ["invalid"] * 3 + ["valid"]
    assert labels["distance"].tolist()[:3] == [np.inf] * 3
    assert labels["mode"].tolist()[:3] == [-1] * 3


def test_a_point_very_far_away_is_invalid(grid):
    labels = label_points(np.full((1, 2), 1e20, np.float32), grid, RADIUS)
    assert labels["label"].tolist() == ["invalid"]


def test_exact_samples_are_valid_but_for_the_tail_of_their_modes(grid):
    points, modes = grid.sample(50_000, np.random.default_rng(0))
    labels = label_points(points, grid, radius=3)
    assert labels["mode"].tolist() == modes.tolist()
    # 1.11 % lie beyond 3 std in 2D: four binomial standard errors of 50,000.
    floor = np.exp(-9 / 2)
    error = (floor * (1 - floor) / 50_000) ** 0.5
    assert (labels["label"] != "valid").mean() == pytest.approx(floor, abs=4 * error)
