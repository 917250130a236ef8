import math

import numpy as np
import pytest
import torch
from torch import distributions

from mirage.datasets import GaussianMixture
from mirage.diffusion import Schedule
from mirage.exact import DiffusedMixture

TIMES = (0, 50, 200, 295)


def time(t: int) -> torch.Tensor:
    return torch.tensor(t)


def points_around(mixture: GaussianMixture, schedule: Schedule, t: int) -> torch.Tensor:
    """Points near the diffused modes, between them and outside: float64 [60, d]."""
    rng = np.random.default_rng(t)
    centre = math.sqrt(schedule.alphas_cumprod[t]) * mixture.means
    near = centre[rng.integers(len(centre), size=30)] + 0.05 * rng.standard_normal(
        (30, centre.shape[1])
    )
    wide = rng.uniform(centre.min() - 1, centre.max() + 1, (30, centre.shape[1]))
    return torch.from_numpy(np.concatenate([near, wide]))


def independent_log_prob(mixture: GaussianMixture, abar: float, x: torch.Tensor) -> torch.Tensor:
    """The same density, by torch.distributions."""
    means = torch.from_numpy(mixture.means) * abar**0.5
    std = torch.full_like(means, (abar * mixture.std**2 + 1 - abar) ** 0.5)
    modes = distributions.Independent(distributions.Normal(means, std), 1)
    weights = distributions.Categorical(torch.ones(len(means), dtype=torch.float64))
    return distributions.MixtureSameFamily(weights, modes).log_prob(x)


@pytest.fixture(params=["line", "grid", "rotated"])
def diffused(request, official):
    return DiffusedMixture(request.getfixturevalue(request.param), official)


@pytest.fixture
def two_modes():
    """Modes at -1 and 1 of standard deviation 0.5, at abar = 0.64: exact by hand.

    There the modes stand at -0.8 and 0.8 with variance 0.64 / 4 + 0.36 = 0.52.
    """
    return DiffusedMixture(
        GaussianMixture(np.array([[-1.0], [1.0]]), 0.5), Schedule(np.array([0.36]))
    )


@pytest.mark.parametrize("t", TIMES)
def test_the_density_is_that_of_an_independent_implementation(diffused, t):
    x = points_around(diffused.mixture, diffused.schedule, t)
    expected = independent_log_prob(diffused.mixture, diffused.schedule.alphas_cumprod[t], x)
    torch.testing.assert_close(diffused.log_prob(x, time(t)), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("t", TIMES)
def test_the_score_is_the_gradient_of_the_log_density(diffused, t):
    x = points_around(diffused.mixture, diffused.schedule, t).requires_grad_()
    log_prob = independent_log_prob(diffused.mixture, diffused.schedule.alphas_cumprod[t], x)
    (gradient,) = torch.autograd.grad(log_prob.sum(), x)
    torch.testing.assert_close(diffused.score(x, time(t)), gradient, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("t", TIMES)
def test_the_score_is_the_slope_of_the_log_density(diffused, t):
    x = points_around(diffused.mixture, diffused.schedule, t)
    score, h = diffused.score(x, time(t)), 1e-6
    for axis in range(x.shape[1]):
        shift = torch.zeros_like(x)
        shift[:, axis] = h
        rise = diffused.log_prob(x + shift, time(t)) - diffused.log_prob(x - shift, time(t))
        # Central differences: rounding of about 1e-16 * 1e4 / h, and h^2 times curvature.
        torch.testing.assert_close(rise / (2 * h), score[:, axis], rtol=1e-4, atol=1e-4)


def test_two_modes_have_the_score_and_posterior_found_by_hand(two_modes):
    x = torch.tensor([[-2.0], [0.0], [0.3], [0.8]], dtype=torch.float64)
    pull = torch.tanh(0.8 * x / 0.52)
    torch.testing.assert_close(two_modes.score(x, time(0)), (0.8 * pull - x) / 0.52)
    right = torch.sigmoid(2 * 0.8 * x / 0.52)
    expected = torch.cat([1 - right, right], 1)
    torch.testing.assert_close(two_modes.posterior(x, time(0)), expected)


def test_halfway_between_two_modes_there_is_no_pull_and_no_preference(two_modes):
    x = torch.zeros(1, 1)
    assert two_modes.score(x, time(0)).item() == 0
    assert two_modes.posterior(x, time(0)).tolist() == [[0.5, 0.5]]


def test_the_density_of_two_modes_integrates_to_one(two_modes):
    x = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    density = two_modes.log_prob(x[:, None], time(0)).exp()
    assert torch.trapezoid(density, x).item() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("t", [*TIMES, 999])
def test_the_posterior_sums_to_one_and_favours_the_nearest_mode(diffused, t):
    x = points_around(diffused.mixture, diffused.schedule, t)
    posterior = diffused.posterior(x, time(t))
    torch.testing.assert_close(posterior.sum(1), torch.ones(len(x), dtype=torch.float64))
    if t < 999:
        modes = math.sqrt(diffused.schedule.alphas_cumprod[t]) * diffused.mixture.means
        nearest = torch.cdist(x, torch.from_numpy(modes)).argmin(1)
        assert torch.equal(posterior.argmax(1), nearest)


def test_the_predicted_noise_is_the_mean_of_the_noises_that_lead_to_a_point(two_modes):
    x = torch.tensor([[-1.1], [0.2], [2.5]], dtype=torch.float64)
    abar, variance = 0.64, 0.52
    modes = torch.tensor([[-1.0, 1.0]], dtype=torch.float64)
    weights = torch.softmax(-((x - 0.8 * modes) ** 2) / (2 * variance), 1)
    # Given the mode, x_0 and x_t are jointly Gaussian: linear regression of x_0 on x_t.
    x0 = modes + 0.8 * 0.25 / variance * (x - 0.8 * modes)
    mean_x0 = (weights * x0).sum(1, keepdim=True)
    expected = (x - abar**0.5 * mean_x0) / (1 - abar) ** 0.5
    torch.testing.assert_close(two_modes.noise(x, time(0)), expected)


@pytest.mark.parametrize("t", TIMES)
def test_the_predicted_noise_is_the_scaled_score(diffused, t):
    x = points_around(diffused.mixture, diffused.schedule, t)
    scale = -math.sqrt(1 - diffused.schedule.alphas_cumprod[t])
    torch.testing.assert_close(diffused.noise(x, time(t)), scale * diffused.score(x, time(t)))


@pytest.mark.parametrize("t", [0, 50, 295, 999])
@pytest.mark.parametrize("far", [1e3, -1e3])
def test_far_from_every_mode_the_score_points_at_the_nearest_one(diffused, t, far):
    dim = diffused.mixture.means.shape[1]
    x = torch.full((1, dim), far)  # float32, as samples are
    abar = diffused.schedule.alphas_cumprod[t]
    variance = abar * diffused.mixture.std**2 + 1 - abar
    towards = diffused.mixture.means @ np.full(dim, np.sign(far))
    corner = abar**0.5 * diffused.mixture.means[np.isclose(towards, towards.max())]
    assert diffused.log_prob(x, time(t)).isfinite().all()
    score = diffused.score(x, time(t))
    # Among equally far modes the pull lies between; each is within 1 of their mean.
    expected = (corner.mean(0) - far) / variance
    np.testing.assert_allclose(score[0], expected, rtol=2e-3)
    assert diffused.posterior(x, time(t)).sum().item() == pytest.approx(1, abs=1e-6)


def test_where_the_signal_is_gone_all_is_standard_noise(diffused):
    dim = diffused.mixture.means.shape[1]
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((20, dim)))
    torch.testing.assert_close(diffused.score(x, time(999)), -x)
    torch.testing.assert_close(diffused.noise(x, time(999)), x)
    normal = -0.5 * x.square().sum(1) - dim / 2 * math.log(2 * math.pi)
    torch.testing.assert_close(diffused.log_prob(x, time(999)), normal)
    modes = len(diffused.mixture.means)
    assert diffused.posterior(x, time(999)) == pytest.approx(1 / modes, abs=1e-9)


def test_the_score_approaches_that_of_noise_as_time_goes_on(diffused):
    dim = diffused.mixture.means.shape[1]
    x = torch.from_numpy(np.random.default_rng(1).standard_normal((20, dim)))
    gaps = [(diffused.score(x, time(t)) + x).abs().max().item() for t in (100, 200, 300, 400)]
    assert gaps == sorted(gaps, reverse=True)
    # The pull of the modes is sqrt(abar) times their largest coordinate, at most 3 here.
    assert gaps[-1] < 4 * math.sqrt(diffused.schedule.alphas_cumprod[400])


def test_single_precision_is_enough_for_samples(diffused):
    for t in TIMES:
        x = points_around(diffused.mixture, diffused.schedule, t)
        exact, rounded = diffused.noise(x, time(t)), diffused.noise(x.float(), time(t))
        assert rounded.dtype == torch.float32
        torch.testing.assert_close(rounded.double(), exact, rtol=1e-3, atol=1e-3)
