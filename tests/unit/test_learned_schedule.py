"""A learned schedule: monotone, right where its optimum is known, and less varied than before."""

import numpy as np
import pytest
import torch

from mirage.diffusion import Schedule
from mirage.learned_schedule import (
    Gamma,
    Learned,
    diffusion_losses,
    end_losses,
    even_times,
    learn,
)

STD = 0.05
TIMES = torch.linspace(0, 1, 501, dtype=torch.float64)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class OfGaussian(torch.nn.Module):
    """The best prediction of the noise in z where x follows N(0, STD^2)."""

    def forward(self, z, level):
        alpha2, sigma2 = torch.sigmoid(-level), torch.sigmoid(level)
        return (sigma2.sqrt() / (alpha2 * STD**2 + sigma2))[:, None] * z


def gaussian(n: int) -> torch.Tensor:
    return STD * torch.randn(n, 1, generator=rng())


def scrambled() -> Gamma:
    gamma = Gamma()
    with torch.no_grad():
        gamma.inside.copy_(5 * torch.randn(gamma.inside.shape, generator=rng()))
    return gamma


def test_gamma_rises_from_one_end_to_the_other_whatever_is_learned():
    level, slope = scrambled()(TIMES)
    assert level[[0, -1]].tolist() == pytest.approx(Gamma().ends.tolist())
    assert (level.diff() > 0).all()
    assert (slope > 0).all()


def test_the_derivative_of_gamma_is_that_of_its_values():
    level, slope = scrambled()(TIMES)
    middle = (level[2:] - level[:-2]) / (TIMES[2:] - TIMES[:-2])
    assert middle.tolist() == pytest.approx(slope[1:-1].tolist(), rel=0.01)


def test_betas_add_up_to_the_levels_of_gamma():
    gamma = scrambled()
    schedule = Schedule(Learned(gamma, OfGaussian()).betas(501))
    levels = np.log(1 / schedule.alphas_cumprod - 1)
    np.testing.assert_allclose(levels, gamma(TIMES)[0].detach(), atol=1e-6)
    assert ((schedule.betas > 0) & (schedule.betas < 1)).all()


def test_the_bound_with_the_best_prediction_is_the_entropy_of_the_data():
    x, eps = gaussian(200_000), torch.randn(200_000, 1, generator=rng(1))
    gamma = scrambled()
    t = even_times(len(x), rng(2))
    with torch.no_grad():
        found = diffusion_losses(gamma, OfGaussian(), x, t, eps) + end_losses(gamma, x)
    entropy = np.log(2 * np.pi * np.e * STD**2) / 2
    assert found.mean().item() == pytest.approx(entropy, abs=5 * found.std().item() / len(x) ** 0.5)


def test_the_inside_comes_to_the_known_optimum():
    """The second moment of the loss is least where gamma' goes with the inverse of the error.

    Of a Gaussian the error of the best prediction has the variance sigmoid(log STD^2 - gamma),
    so that t goes with its integral, of which there is a closed form.
    """
    learned = learn(gaussian(50_000), updates=600, network=OfGaussian())
    level = learned.gamma(TIMES)[0].detach()
    integral = torch.nn.functional.softplus(2 * np.log(STD) - level)
    best = (integral[0] - integral) / (integral[0] - integral[-1])
    assert (best - TIMES).abs().max() < 0.07
    even = torch.linspace(level[0], level[-1], 501, dtype=torch.float64)
    integral = torch.nn.functional.softplus(2 * np.log(STD) - even)
    assert ((integral[0] - integral) / (integral[0] - integral[-1]) - TIMES).abs().max() > 0.3


def test_the_loss_varies_less_over_the_learned_times_and_its_mean_is_the_same():
    x = gaussian(20_000)
    learned = learn(x, updates=300, batch_size=256)
    even, found = (learned.losses(x, rng(4), straight) for straight in (True, False))
    assert found.var() < 0.8 * even.var()
    error = ((found.var() + even.var()) / len(x)).sqrt()
    assert abs(found.mean() - even.mean()) < 4 * error


def test_the_same_seed_learns_the_same_schedule():
    once, again, other = (learn(gaussian(100), 3, 20, seed).betas(10) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
