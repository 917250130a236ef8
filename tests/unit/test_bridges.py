"""Neighbours on a lattice, and the segments between them."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.bridges import nearest_segment, pairs

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
