"""Samples that were drawn several times count once, or are refused."""

import numpy as np
import pytest

from mirage.datasets import mixtures
from mirage.metrics.bridging import Ended
from mirage.metrics.bridging import measure as measure_ended
from mirage.metrics.controls import planted
from mirage.metrics.copies import repeated, rounded, too_many
from mirage.metrics.endpoint import between_neighbours, label, label_both
from mirage.metrics.mixture import measure, tally


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def share(points, mixture):
    """Of samples that are distinct, and of exact draws in float32."""
    parts = [label_both(part, mixture, 5.0) for part in np.array_split(points, 3)]
    (row,) = (row for row in measure(tally(parts, mixture), 5.0) if row.metric == "distinct")
    return row.value, row.floor


def bridges(points, mixture):
    ended = Ended(mixture)
    for part in np.array_split(points, 3):
        ended.add(label(part, mixture, 5.0))
    return {(row.metric, row.label): row for row in measure_ended(ended, 5.0)}


def test_a_sample_is_a_copy_of_an_earlier_one_at_its_very_place(line):
    labels = label(np.array([[1.3], [1.31], [1.3], [0.7], [1.3]]), line, 5.0)
    assert repeated(labels).tolist() == [False, False, True, False, True]
    models = np.array([0, 0, 1, 1, 1])
    assert repeated(labels, models).tolist() == [False, False, False, False, True]


def test_far_samples_count_once_however_often_they_were_drawn(rotated):
    points = planted(between_neighbours(rotated), 2_000, 0.05, rng())
    far = label(points, rotated, 5.0)["endpoint"] == "bridge"
    once = bridges(points, rotated)
    often = bridges(np.concatenate([points, *[points[far]] * 9]), rotated)
    for name in (("endpoint_rate", "bridge"), ("towards_neighbours", None), ("inwards", None)):
        assert (often[name].value, often[name].n) == (once[name].value, once[name].n)


@pytest.mark.parametrize("name", ["line", "rotated"])
@pytest.mark.parametrize("order", ["one after the other", "all again"])
def test_a_sampler_that_draws_each_ten_times_is_told(request, name, order):
    mixture = request.getfixturevalue(name)
    points = mixture.sample(5_000, rng())[0]
    drawn = np.repeat(points, 10, 0) if order == "one after the other" else np.tile(points, (10, 1))
    assert not too_many(*share(points, mixture))
    value, floor = share(drawn, mixture)
    assert value == pytest.approx(0.1, abs=0.001)
    assert too_many(value, floor)


def test_float32_has_as_many_numbers_on_a_line_as_exact_draws_show(line):
    n = 400_000
    points = line.sample(n, rng())[0]
    assert rounded(n, line) == pytest.approx(len(np.unique(points)) / n, abs=0.003)
    assert 0.5 < rounded(n, line) < 0.98
    assert not too_many(*share(points, line))
    assert rounded(10**8, line) < 0.1
    assert not too_many(rounded(10**8, line), rounded(10**8, line))


def test_in_the_plane_no_two_exact_draws_are_the_same(grid):
    assert rounded(10**8, grid) == 1
    assert share(grid.sample(50_000, rng())[0], mixtures.grid()) == (1, 1)
