"""Where hallucinated points lie."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.bridges import PLACES, chance, measure, nearest_segment, pairs, places

SQUARE = GaussianMixture(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), 0.01)


def lengths(mixture, joined):
    return np.linalg.norm(mixture.means[joined[:, 0]] - mixture.means[joined[:, 1]], axis=1)


@pytest.mark.parametrize("name", ["grid", "rotated"])
def test_a_lattice_of_25_has_40_sides_and_32_diagonals(request, name):
    mixture = request.getfixturevalue(name)
    sides, diagonals = pairs(mixture), pairs(mixture, shell=1)
    assert (len(sides), len(diagonals)) == (40, 32)
    assert lengths(mixture, sides) == pytest.approx(pdist(mixture.means).min())
    assert lengths(mixture, diagonals) == pytest.approx(2**0.5 * pdist(mixture.means).min())


def test_the_nearest_segment_is_found_with_its_distance_in_standard_deviations():
    points = np.array([[0.5, 0.03], [1.0, -0.05], [0.96, 0.5]])
    joined = pairs(SQUARE)
    which, distance = nearest_segment(points, SQUARE, joined)
    assert distance == pytest.approx([3, 5, 4])
    assert [set(joined[index]) for index in which] == [{0, 2}, {0, 2}, {2, 3}]


def test_points_are_told_by_the_segments_they_are_on():
    points = np.array([[0.5, 0.0], [0.5, 0.04], [0.5, 0.5], [0.3, 0.66], [0.5, 0.3], [-0.4, 0.0]])
    expected = ["nearest", "nearest", "diagonal", "diagonal", "elsewhere", "elsewhere"]
    assert places(points, SQUARE, 5.0).tolist() == expected


def test_near_a_mode_the_side_goes_before_the_diagonal():
    assert places(np.array([[0.05, 0.04]]), SQUARE, 5.0).tolist() == ["nearest"]


def test_chance_is_the_share_of_the_area():
    thin = GaussianMixture(SQUARE.means, 1e-3)
    shares = chance(thin, 5.0, np.random.default_rng(0))
    # Inside the square, sides are strips of 0.005 and diagonals of 0.01, less the corners.
    side = 4 * 0.005
    diagonal = 2 * 2**0.5 * 0.01
    assert shares["nearest"] == pytest.approx(side, rel=0.1)
    assert shares["diagonal"] == pytest.approx(diagonal, rel=0.1)
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(("name", "corners"), [("grid", (0, 2, 10)), ("rotated", (0, 4, 24))])
def test_uniform_points_are_where_chance_has_them(request, name, corners):
    mixture = request.getfixturevalue(name)
    weights = np.random.default_rng(1).dirichlet(np.ones(3), 20_000)
    points = weights @ mixture.means[list(corners)]  # half a block of cells, in shares the whole
    distance = np.linalg.norm(points[:, None] - mixture.means, axis=-1).min(1)
    found = pd.Series(places(points[distance > 5 * mixture.std], mixture, 5.0))
    expected = chance(mixture, 5.0, np.random.default_rng(0))
    for place in PLACES:
        assert (found == place).mean() == pytest.approx(expected[place], abs=0.02)


def test_shares_come_with_intervals_and_chance():
    points = np.array([[0.5, 0.0]] * 6 + [[0.5, 0.5]] * 3 + [[0.5, 0.25]] + [[0.0, 0.0]] * 90)
    points = np.concatenate([points, [[np.nan, 0.0]]])
    labels = pd.Series(["interpolated"] * 10 + ["valid"] * 90 + ["invalid"])
    table = measure(points, labels, SQUARE, 5.0, np.random.default_rng(0)).set_index("place")
    assert table["n"].tolist() == [11] * 3
    assert table.loc["nearest", "value"] == pytest.approx(6 / 11)
    assert table.loc["diagonal", "value"] == pytest.approx(3 / 11)
    assert table.loc["elsewhere", "value"] == pytest.approx(2 / 11)  # one is not finite
    assert (table["low"] < table["value"]).all()
    assert table["chance"].sum() == pytest.approx(1)


def test_without_hallucinations_shares_are_undefined():
    labels = pd.Series(["valid"] * 3)
    table = measure(np.zeros((3, 2)), labels, SQUARE, 5.0, np.random.default_rng(0))
    assert table[["value", "low", "high"]].isna().all(axis=None)
    assert table["chance"].notna().all()
