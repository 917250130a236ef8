import math

import numpy as np
import pytest
import torch
from torch import distributions

from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.exact import DiffusedMixture, DiffusedPoints, refined
from mirage.samplers import Stream, draw_block

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


def independent_empirical_noise(points: torch.Tensor, abar: float, x: torch.Tensor) -> torch.Tensor:
    """The same, from the density of a mixture of deltas under noise and autograd."""
    x = x.clone().requires_grad_()
    kernels = distributions.Normal(points[:, 0] * abar**0.5, (1 - abar) ** 0.5)
    log_prob = (kernels.log_prob(x) - math.log(len(points))).logsumexp(1)
    (score,) = torch.autograd.grad(log_prob.sum(), x)
    return -((1 - abar) ** 0.5) * score


@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("t", [*TIMES, 999])
def test_the_empirical_score_is_that_of_the_points_however_they_are_cut(line, official, t, block):
    points, _ = line.sample(50, np.random.default_rng(0))
    points = torch.from_numpy(points).double()
    x = points_around(line, official, t)
    found = DiffusedPoints(points, official, block).noise(x, time(t))
    expected = independent_empirical_noise(points, official.alphas_cumprod[t], x)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


def test_a_single_training_point_is_all_that_its_score_predicts(official):
    point = torch.tensor([[0.3, -2.0]])
    model = DiffusedPoints(point, official)
    x = torch.tensor([[5.0, 5.0], [1e4, -1e4]])
    for t in (0, 100, 999):
        torch.testing.assert_close(model.x0_hat(x, time(t)), point.expand(2, 2))


@pytest.mark.parametrize("far", [1e3, -1e3, 1e6])
@pytest.mark.parametrize("t", [0, 50, 295, 999])
def test_far_away_the_empirical_score_stays_finite_and_within_the_data(grid, official, t, far):
    points, _ = grid.sample(100, np.random.default_rng(0))
    model = DiffusedPoints(torch.from_numpy(points), official)
    x = torch.full((1, 2), far)
    x0_hat = model.x0_hat(x, time(t))
    assert (x0_hat.numpy() >= points.min(0) - 1e-6).all()
    assert (x0_hat.numpy() <= points.max(0) + 1e-6).all()
    assert model.noise(x, time(t)).isfinite().all()


def test_where_the_signal_is_gone_the_empirical_score_predicts_the_mean(grid, official):
    points, _ = grid.sample(500, np.random.default_rng(0))
    model = DiffusedPoints(torch.from_numpy(points).double(), official)
    x = torch.from_numpy(np.random.default_rng(1).standard_normal((20, 2)))
    mean = torch.from_numpy(points.mean(0, dtype=np.float64)).expand(20, 2)
    torch.testing.assert_close(model.x0_hat(x, time(999)), mean)
    torch.testing.assert_close(model.noise(x, time(999)), x)


def test_many_points_have_the_score_of_the_mixture_they_are_from(line, official):
    points, _ = line.sample(100_000, np.random.default_rng(0))
    empirical = DiffusedPoints(torch.from_numpy(points), official)
    for t in (30, 100):  # noise of 0.35 and 0.8 of the spacing: each x is near many points
        x = math.sqrt(official.alphas_cumprod[t]) * torch.linspace(0.9, 3.1, 50)[:, None]
        truth = DiffusedMixture(line, official).noise(x, time(t))
        torch.testing.assert_close(empirical.noise(x, time(t)), truth, rtol=0, atol=0.01)


def test_samples_of_the_empirical_score_are_training_points(grid, official):
    points, _ = grid.sample(40, np.random.default_rng(0))
    model = DiffusedPoints(torch.from_numpy(points), official)
    steps = ddpm_steps(official, times_of(399, 400), "fixed_large")
    x = draw_block(model.noise, steps, 0, 200, Stream((2,), 200))
    nearest = torch.cdist(x, torch.from_numpy(points)).amin(1)
    # Noise of 0.032 is left at the last step: points of one mode, 0.018 wide, may be mixed.
    assert nearest.max() < 3 * grid.std


def test_unequal_modes_have_their_weights_in_the_posterior_and_in_the_data():
    mixture = GaussianMixture(np.array([[-1.0], [0.0], [1.0]]), 0.1, imbalance=9.0)
    weights = np.array([9, 3, 1]) / 13
    np.testing.assert_allclose(np.exp(mixture.log_weights), weights)
    gone = DiffusedMixture(mixture, Schedule(np.array([1 - 1e-12])))
    x = torch.zeros(1, 1, dtype=torch.float64)
    np.testing.assert_allclose(gone.posterior(x, time(0))[0], weights, rtol=1e-4)
    _, modes = mixture.sample(20_000, np.random.default_rng(0))
    # Four standard errors of a share, at most sqrt(0.25 / n).
    np.testing.assert_allclose(np.bincount(modes) / 20_000, weights, atol=4 * 0.5 / 141)


def test_finer_steps_pass_through_the_same_noise(official):
    fine = refined(official, below=20, parts=4)
    assert len(fine.betas) == 1000 + 3 * 20
    np.testing.assert_allclose(fine.alphas_cumprod[3:80:4], official.alphas_cumprod[:20])
    np.testing.assert_allclose(fine.alphas_cumprod[80:], official.alphas_cumprod[20:])
    ratios = fine.alphas_cumprod[1:80] / fine.alphas_cumprod[:79]
    np.testing.assert_allclose(ratios[4:7], ratios[4])


@pytest.mark.parametrize(("std", "steps"), [(0.05, 400), (0.0177, 400), (0.0177, 7), (1.0, 3)])
def test_the_optimal_variance_keeps_the_width_of_one_mode_in_any_number_of_steps(
    official, std, steps
):
    variance = 1.0
    for step in ddpm_steps(official, times_of(399, steps), "optimal", std):
        # For one mode x0_hat is linear in x_t, so a step maps a variance V to gain^2 V + sigma^2.
        x0_per_x = math.sqrt(step.abar) * std**2 / (step.abar * std**2 + 1 - step.abar)
        variance = (step.from_x0 * x0_per_x + step.from_x) ** 2 * variance + step.sigma**2
    # The start is N(0, 1), which the diffused mode is up to abar of 1e-7.
    assert variance == pytest.approx(std**2, rel=1e-6)
