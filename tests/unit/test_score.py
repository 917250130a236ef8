"""The learned score beside the true one."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import Schedule
from mirage.exact import DiffusedMixture
from mirage.metrics.relation import relation
from mirage.metrics.score import (
    along_lines,
    field,
    lines,
    midpoint_slopes,
    pair_counts,
    slopes_at,
    time_at,
)

# One step of noise 0.36: abar = 0.64, sigma = 0.75.
TWO = DiffusedMixture(GaussianMixture(np.array([[-1.0], [1.0]]), 0.5), Schedule(np.array([0.36])))


def nothing(x, t):
    return torch.zeros_like(x)


def half(x, t):
    """A network that predicts half of the true noise."""
    return TWO.noise(x, t) / 2


def test_the_time_of_a_noise_level_is_the_nearest(official):
    abar = official.alphas_cumprod
    for fraction in (0.25, 0.5, 1.0):
        t = time_at(official, fraction, 0.7)
        sigma = np.sqrt((1 - abar) / abar)
        assert abs(sigma[t] - fraction * 0.35) == np.abs(sigma - fraction * 0.35).min()


def test_a_line_of_modes_is_followed_beyond_its_ends(line):
    start, end = lines(line)["modes"]
    assert (start.item(), end.item()) == (0.5, 3.5)


@pytest.mark.parametrize("name", ["grid", "rotated"])
def test_in_the_plane_an_edge_and_a_diagonal_leave_the_central_mode(request, name):
    mixture = request.getfixturevalue(name)
    ends = lines(mixture)
    for kind, length in (("edge", 1.0), ("diagonal", 2**0.5)):
        start, end = ends[kind]
        first, second = start + (end - start) / 4, end - (end - start) / 4
        assert first == pytest.approx(np.zeros(2), abs=1e-12)
        assert np.linalg.norm(mixture.means - second, axis=1).min() < 1e-12
        assert np.linalg.norm(second - first) == pytest.approx(length * mixture.spacing)


@pytest.mark.parametrize("name", ["line", "grid", "rotated"])
def test_a_perfect_network_is_as_steep_as_the_truth_at_every_midpoint(request, official, name):
    truth = DiffusedMixture(request.getfixturevalue(name), official)

    def exact(x, t):  # in double precision inside, as small differences of it are taken
        return truth.noise(x.double(), t).float()

    table = slopes_at(exact, truth, {0.5: 20, 1.0: 50})
    assert len(table) == 2 * {"line": 2, "grid": 40, "rotated": 40}[name]
    assert table["ratio"].to_numpy() == pytest.approx(1, abs=2e-3)
    assert table.groupby("t")["noise_fraction"].first().to_dict() == {20: 0.5, 50: 1.0}


def test_the_slope_between_two_modes_is_that_found_by_hand():
    table = midpoint_slopes(nothing, TWO, 0)
    # score in x_t: (0.8 tanh(0.8 x / 0.52) - x) / 0.52; in u = x / 0.8 its slope gains 0.64.
    slope = 0.64 * (0.8 * 0.8 / 0.52 - 1) / 0.52
    assert table["true_slope"].tolist() == pytest.approx([slope], rel=1e-3)
    assert table["learned_slope"].tolist() == [0]
    assert midpoint_slopes(half, TWO, 0)["ratio"].tolist() == pytest.approx([0.5], rel=1e-3)


def test_along_a_line_scores_and_predictions_are_those_found_by_hand():
    table = along_lines(nothing, TWO, [0])
    u = table["position"].to_numpy()
    x = 0.8 * u
    score = 0.8 * (0.8 * np.tanh(0.8 * x / 0.52) - x) / 0.52
    assert table["true_score"].to_numpy() == pytest.approx(score)
    # Tweedie: x0_hat = u + sigma^2 times the score in data units, sigma^2 = 0.36 / 0.64.
    assert table["true_x0_hat"].to_numpy() == pytest.approx(u + 0.5625 * score)
    assert table["learned_x0_hat"].to_numpy() == pytest.approx(u)
    assert (u.min(), u.max()) == (-2, 2)


def test_a_field_covers_a_cell_and_vanishes_in_its_middle(grid, official):
    table = field(nothing, DiffusedMixture(grid, official), t=20)
    middle = table.loc[
        np.hypot(table["x0"] - table["x0"].mean(), table["x1"] - table["x1"].mean()).idxmin()
    ]
    assert np.hypot(middle["true_score0"], middle["true_score1"]) < 1e-6
    corner = (table["x0"].mean() - grid.spacing / 2, table["x1"].mean() - grid.spacing / 2)
    assert np.linalg.norm(grid.means - corner, axis=1).min() < 1e-9
    assert table["learned_score0"].eq(0).all()


def test_hallucinations_are_counted_by_the_pair_they_lie_between(line):
    drawn = pd.DataFrame({"x0": [1.5, 1.4, 2.5, 1.0, 9.0, math.nan]})
    drawn["label"] = ["interpolated"] * 3 + ["valid", "invalid", "invalid"]
    table = pair_counts(drawn, line, 5.0)
    assert table[["first", "second"]].to_numpy().tolist() == [[0, 1], [1, 2]]
    assert table["hits"].tolist() == [2, 1]
    assert table["n"].tolist() == [6, 6]


def followed(ratio, hits):
    return pd.DataFrame({"ratio": ratio, "hits": hits, "n": 100})


def test_a_rate_on_a_straight_line_is_all_explained():
    found = relation(followed([0.0, 0.25, 0.5, 1.0], [40, 30, 20, 0]))
    assert found["r_squared"] == pytest.approx(1)
    assert found["slope"] == pytest.approx(-0.4)
    assert found["intercept"] == pytest.approx(0.4)


def test_the_r_squared_is_the_share_of_the_variance_explained():
    ratio, rate = np.array([0, 1, 2, 3.0]), np.array([30, 10, 20, 5])
    found = relation(followed(ratio, rate))
    fitted = np.polyval(np.polyfit(ratio, rate / 100, 1), ratio)
    residual = ((rate / 100 - fitted) ** 2).sum() / ((rate / 100 - rate.mean() / 100) ** 2).sum()
    assert found["r_squared"] == pytest.approx(1 - residual)


@pytest.mark.parametrize("hits", [[0, 0, 0], [5, 5, 5]])
def test_where_nothing_varies_nothing_is_related(hits):
    assert math.isnan(relation(followed([0.1, 0.2, 0.3], hits))["r_squared"])
