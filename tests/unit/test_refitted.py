"""A mixture refitted to samples: its exact score, and what a sampler alone does to generations."""

import numpy as np
import pytest
import torch
from torch import distributions

from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.exact import DiffusedMixture
from mirage.labels.points import label_points
from mirage.refitted import Modes, fit
from mirage.samplers import Stream, draw_block


def modes_of(mixture: GaussianMixture) -> Modes:
    """A mixture as its own fit."""
    variances = np.full(len(mixture.means), mixture.std**2)
    return Modes(*map(torch.tensor, (mixture.means, variances, np.exp(mixture.log_weights))))


def points(n: int = 200) -> torch.Tensor:
    return 1.5 * torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("t", [0, 20, 100, 300])
def test_modes_of_one_width_have_the_score_of_the_mixture(grid, official, t):
    x, time = points(), torch.tensor(t)
    expected = DiffusedMixture(grid, official).noise(x.double(), time)
    found = modes_of(grid).model(official)(x, time)
    assert found.dtype == x.dtype
    torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-4)


def test_modes_of_their_own_widths_and_weights_have_the_gradient_of_their_density():
    modes = Modes(
        torch.tensor([[-1.0, 0.0], [1.0, 0.5], [0.0, 2.0]], dtype=torch.float64),
        torch.tensor([0.04, 0.25, 1.0], dtype=torch.float64),
        torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64),
    )
    abar = 0.64
    std = (abar * modes.variances + 1 - abar).sqrt()[:, None].expand(3, 2)
    parts = distributions.Independent(distributions.Normal(abar**0.5 * modes.means, std), 1)
    density = distributions.MixtureSameFamily(distributions.Categorical(modes.weights), parts)
    x = points(50).double().requires_grad_()
    (score,) = torch.autograd.grad(density.log_prob(x).sum(), x)
    found = modes.model(Schedule(np.array([1 - abar])))(x.detach(), torch.tensor(0))
    torch.testing.assert_close(found, -((1 - abar) ** 0.5) * score)


def test_a_fit_finds_the_modes_that_samples_come_from(grid):
    rng = np.random.default_rng(0)
    modes = rng.integers(25, size=50_000)
    modes[modes == 3] = 4  # one is gone, another as heavy as two
    widths = np.where(modes == 7, 0.05, grid.std)
    drawn = grid.means[modes] + widths[:, None] * rng.standard_normal((len(modes), 2))
    found = fit(drawn, modes)
    order = [mode for mode in range(25) if mode != 3]
    np.testing.assert_allclose(found.means, grid.means[order], atol=0.01)
    stds = found.variances.numpy() ** 0.5
    assert stds[order.index(7)] == pytest.approx(0.05, rel=0.05)
    assert np.delete(stds, order.index(7)) == pytest.approx(grid.std, rel=0.05)
    assert found.weights[order.index(4)] == pytest.approx(2 / 25, abs=0.005)
    assert found.weights.sum() == pytest.approx(1)


def test_a_mode_with_a_single_sample_is_gone_and_none_at_all_is_refused():
    drawn = np.array([[0.0], [2.0], [5.0]])
    found = fit(drawn, np.array([0, 0, 1]))
    assert found.means.tolist() == [[1.0]]
    assert found.variances.tolist() == [2.0]
    with pytest.raises(ValueError, match="no mode has two of the 3 samples"):
        fit(drawn, np.array([0, 1, 2]))


def test_without_a_network_the_sampler_shrinks_the_modes_and_makes_no_bridges(grid, official):
    """As docs/method.md says of the true score: a std of 0.62 of the truth, then less."""
    steps = ddpm_steps(official, times_of(399, 400), "fixed_large")
    modes = modes_of(grid)
    widths = []
    for generation in range(2):
        stream = Stream((2,), 2_000, generation=generation)
        drawn = draw_block(modes.model(official), steps, 0, 2_000, stream).numpy()
        labels = label_points(drawn, grid, 5.0)
        assert labels["label"].eq("valid").all()
        widths.append(np.sqrt((labels["distance"] ** 2).mean() / 2))
        modes = fit(drawn, labels["mode"].to_numpy())
    assert widths[0] == pytest.approx(0.62, abs=0.02)
    assert widths[1] < 0.6 * widths[0]
