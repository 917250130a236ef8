"""The parts of an excess rate, and the walks they are measured with."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.signal import fftconvolve
from scipy.stats import binomtest, chi, norm

from mirage.datasets.mixtures import GaussianMixture
from mirage.decomposition import FINE, walks
from mirage.exact import DiffusedMixture
from mirage.metrics.causes import split
from mirage_workflow.variants import draw

FLOOR = 0.001


def rates(**by_model):
    """One sampler's rates, by model and seed."""
    rows = [
        {"model": model, "seed": seed, "value": value, "n": 100}
        for model, values in by_model.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(sampler="ddim", threshold=5.0, floor=FLOOR)


def test_the_parts_are_the_steps_from_the_floor_to_the_network():
    table = split(rates(true=[0.002], empirical=[0.0015], learned=[0.01])).set_index("part")
    assert table.loc["sampler", "value"] == pytest.approx(0.001)
    assert table.loc["data", "value"] == pytest.approx(-0.0005)
    assert table.loc["network", "value"] == pytest.approx(0.0085)
    assert table.loc["excess", "value"] == pytest.approx(0.009)
    assert table["low"].isna().all()


def test_the_parts_add_up_to_the_excess_over_seeds_too():
    table = split(
        rates(true=[0.002, 0.003], empirical=[0.001, 0.0025], learned=[0.01, 0.02])
    ).set_index("part")
    parts = table.loc[["sampler", "data", "network"], "value"].sum()
    assert parts == pytest.approx(table.loc["excess", "value"])
    assert (table["low"] < table["value"]).all()
    assert table["seeds"].eq(2).all()
    assert table["n"].eq(200).all()


def test_a_sampler_without_all_three_models_has_no_parts():
    assert split(rates(true=[0.002])).empty


@pytest.fixture
def compared(grid, official):
    """The walks of the grid, from t = 399."""
    return walks(official, grid, 399, tail=4)


def test_the_samplers_are_what_their_names_say(compared, official):
    steps = {name: walk.steps for name, walk in compared.items()}
    few = {"ddim_few": 50, "ddim_few_tail": 50}
    assert {name: len(walk) for name, walk in steps.items()} == {
        "ddpm": 400,
        "ddim": 400,
        **few,
        FINE: 400 + 3 * 30,  # the noise is below half a spacing for t < 30
    }
    noisy = {name: [bool(step.sigma) for step in walk] for name, walk in steps.items()}
    assert not any(noisy["ddim"] + noisy["ddim_few"])
    assert noisy["ddpm"] == [True] * 399 + [False]
    assert noisy["ddim_few_tail"] == [False] * 46 + [True] * 3 + [False]
    assert all(noisy[FINE])
    for walk in compared.values():
        assert walk.steps[0].abar == pytest.approx(official.alphas_cumprod[399])
        assert walk.steps[-1].t == 0


def axis_of(grid):
    """Five modes on a line: a coordinate of the grid, which is independent of the other."""
    return GaussianMixture(np.unique(grid.means[:, 0].round(12))[:, None], grid.std)


def exact_offsets(mixture, walk, points=2**14, reach=6.0):
    """The density that a walk with the true score ends in, without drawing a sample.

    Steps are pushed through their mean and blurred by their noise, on a line. Returns offsets
    from the nearest mode in standard deviations, and the probability of each.
    """
    x, width = np.linspace(-reach, reach, points, retstep=True)
    density = norm.pdf(x)
    truth = DiffusedMixture(mixture, walk.schedule)
    for step in walk.steps:
        eps = truth.noise(torch.from_numpy(x[:, None]), torch.tensor(step.t)).numpy()[:, 0]
        y = step.from_x0 * (step.x0_from_x * x + step.x0_from_eps * eps) + step.from_x * x
        assert (np.diff(y) > 0).all()
        below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * width)])
        edges = np.append(x - width / 2, x[-1] + width / 2)
        mass = np.diff(np.interp(edges, y, below, left=0, right=below[-1]))
        if step.sigma:
            half = int(10 * step.sigma / width) + 1
            kernel = norm.pdf(np.arange(-half, half + 1) * width, scale=step.sigma)
            mass = fftconvolve(mass, kernel / kernel.sum(), "same").clip(min=0)
        density = mass / mass.sum() / width
    offsets = x[:, None] - mixture.means[:, 0]
    nearest = np.abs(offsets).argmin(1)
    return offsets[np.arange(points), nearest] / mixture.std, density * width


def test_the_fine_walk_with_the_true_score_ends_in_the_floor(grid, compared):
    """To 2 % of the rate beyond 3 std, and to 5 % of that beyond 5: by a grid, not by drawing."""
    offset, probability = exact_offsets(axis_of(grid), compared[FINE])
    for k, tolerance in ((3, 0.02), (5, 0.05)):
        beyond = probability[np.abs(offset) > k].sum()
        assert beyond == pytest.approx(2 * norm.sf(k), rel=tolerance)


@pytest.mark.parametrize("name", ["line", "grid", "rotated"])
def test_samples_of_the_fine_walk_show_the_floor(request, official, name):
    """A smaller version of the million that the decomposition draws."""
    mixture, n = request.getfixturevalue(name), 50_000
    walk = walks(official, mixture, 399)[FINE]
    model, dim = DiffusedMixture(mixture, walk.schedule).noise, mixture.means.shape[1]
    drawn = draw(model, walk.steps, mixture, n, 5000, 5.0, seed=0)
    for k in (3, 5):
        beyond = int((drawn["distance"] > k).sum())
        interval = binomtest(beyond, n).proportion_ci(0.999, "wilson")
        assert interval.low <= chi.sf(k, dim) <= interval.high


@pytest.mark.parametrize("sampler", ["ddpm", "ddim"])
def test_the_usual_walks_with_the_true_score_stay_below_the_floor(grid, compared, sampler):
    offset, probability = exact_offsets(axis_of(grid), compared[sampler])
    for k in (3, 5):
        assert probability[np.abs(offset) > k].sum() < norm.sf(k)  # half of the floor


@pytest.mark.parametrize(("sampler", "expected"), [("ddpm", 0.62), ("ddim", 0.48), (FINE, 1.0)])
def test_with_the_true_score_each_sampler_has_a_width_of_its_own(compared, sampler, expected):
    """Of the grid's modes, over the truth: what DDPM's fixed variance and last step lose."""
    std, variance = 0.05 / math.sqrt(0.05**2 + 8), 1.0
    for step in compared[sampler].steps:
        x0_per_x = math.sqrt(step.abar) * std**2 / (step.abar * std**2 + 1 - step.abar)
        variance = (step.from_x0 * x0_per_x + step.from_x) ** 2 * variance + step.sigma**2
    assert math.sqrt(variance) / std == pytest.approx(expected, abs=0.005)
