import numpy as np
import pytest
import torch
from scipy.special import gammaln

from mirage.diffusion import Schedule, ddim_steps, ddpm_steps, reverse_steps, times_of

JUMPS = np.array([700, 400, 296, 100, 20, 3, 0])


def steps_of_each_kind(schedule, times):
    return {
        "fixed_large": ddpm_steps(schedule, times, "fixed_large"),
        "fixed_small": ddpm_steps(schedule, times, "fixed_small"),
        "ddim": ddim_steps(schedule, times, 0.0),
        "ddim with noise": ddim_steps(schedule, times, 0.5),
    }


def abars_before(schedule, times):
    """abar of the time that each step leads to; that of the clean sample is 1."""
    return [*schedule.alphas_cumprod[times[1:]], 1.0]


def test_constant_noise_leaves_a_power_of_the_signal():
    schedule = Schedule.linear(timesteps=50, beta_start=0.1, beta_end=0.1)
    np.testing.assert_allclose(schedule.alphas_cumprod, 0.9 ** np.arange(1, 51), rtol=1e-12)


def test_linear_noise_leaves_a_ratio_of_gamma_functions(official):
    # prod_{i<=t} (1 - b - i d) = d^(t+1) Gamma(c + 1) / Gamma(c - t), with c = (1 - b) / d
    t, slope = np.arange(1000), (0.2 - 0.001) / 999
    c = (1 - 0.001) / slope
    closed = (t + 1) * np.log(slope) + gammaln(c + 1) - gammaln(c - t)
    np.testing.assert_allclose(np.log(official.alphas_cumprod), closed, rtol=1e-8, atol=1e-8)


def test_the_official_noise_drowns_the_signal_at_step_296(official):
    abar = official.alphas_cumprod
    assert abar[0] == pytest.approx(0.999)
    assert abar[296] < 1e-4 <= abar[295]
    assert abar[399] == pytest.approx(5.303e-8, rel=1e-3)
    assert abar[999] == pytest.approx(1.29e-47, rel=1e-2)


def test_the_noise_of_ho_et_al_leaves_4e_5_of_the_signal():
    schedule = Schedule.linear(timesteps=1000, beta_start=1e-4, beta_end=0.02)
    assert schedule.alphas_cumprod[999] == pytest.approx(4.036e-5, rel=1e-3)


@pytest.mark.parametrize("t", [0, 100, 295])
def test_noised_points_have_the_forward_mean_and_variance(official, t):
    n, x0 = 20_000, 3.0
    rng = torch.Generator().manual_seed(t)
    eps = torch.randn(n, 1, generator=rng)
    x_t = official.add_noise(torch.full((n, 1), x0), torch.full((n,), t), eps).double()
    abar = np.prod(1 - np.linspace(0.001, 0.2, 1000)[: t + 1])
    # Standard errors: sqrt(variance / n) of a mean, variance sqrt(2 / n) of a variance;
    # four of each.
    assert x_t.mean().item() == pytest.approx(abar**0.5 * x0, abs=4 * ((1 - abar) / n) ** 0.5)
    assert x_t.var().item() == pytest.approx(1 - abar, rel=4 * (2 / n) ** 0.5)


def test_the_cosine_schedule_leaves_the_published_signal():
    """Nichol and Dhariwal (2021, equation 17), with betas cut at 0.999."""
    schedule = Schedule.cosine(1000)
    t = np.arange(1, 1001)
    expected = (
        np.cos((t / 1000 + 0.008) / 1.008 * np.pi / 2) ** 2 / np.cos(0.008 / 1.008 * np.pi / 2) ** 2
    )
    np.testing.assert_allclose(schedule.alphas_cumprod[:-1], expected[:-1], rtol=1e-9)
    assert (schedule.betas[-1], schedule.betas[:-1].max() < 0.999) == (0.999, True)
    assert schedule.alphas_cumprod[499] == pytest.approx(0.4938, abs=1e-3)


def test_a_schedule_may_be_given_by_its_betas():
    assert Schedule.given([0.5, 0.75]).alphas_cumprod.tolist() == [0.5, 0.125]


def test_adding_noise_step_by_step_gives_the_same_variance_as_at_once(official):
    signal, variance = 1.0, 0.0
    for t, beta in enumerate(official.betas[:300]):
        signal, variance = signal * (1 - beta) ** 0.5, (1 - beta) * variance + beta
        one, t = torch.ones(1, 1, dtype=torch.float64), torch.tensor([t])
        assert official.add_noise(one, t, 0 * one).item() == pytest.approx(signal)
        assert official.add_noise(0 * one, t, one).item() == pytest.approx(variance**0.5)


def test_each_picture_of_a_batch_gets_the_noise_of_its_own_time(official):
    times = torch.tensor([0, 295, 999])
    pictures = torch.ones(3, 1, 4, 4, dtype=torch.float64)
    clean = official.add_noise(pictures, times, torch.zeros_like(pictures))
    assert clean.shape == (3, 1, 4, 4)
    for picture, t in zip(clean, times, strict=True):
        expected = official.alphas_cumprod[t] ** 0.5
        np.testing.assert_allclose(picture, np.full((1, 4, 4), expected), rtol=1e-12)


@pytest.mark.parametrize("times", [np.arange(299, -1, -1), JUMPS], ids=["every time", "jumps"])
def test_ancestral_steps_follow_bayes_rule_on_gaussians(official, times):
    x0, x_t = 1.7, -0.4
    steps = ddpm_steps(official, times, "fixed_small")[:-1]
    abars = official.alphas_cumprod[times]
    for step, abar_t, abar_s in zip(steps, abars[:-1], abars[1:], strict=True):
        kept = abar_t / abar_s
        # prior x_s | x_0 and likelihood x_t | x_s: precisions and weighted means add up
        precision = 1 / (1 - abar_s) + kept / (1 - kept)
        mean = (abar_s**0.5 * x0 / (1 - abar_s) + kept**0.5 * x_t / (1 - kept)) / precision
        assert step.from_x0 * x0 + step.from_x * x_t == pytest.approx(mean, rel=1e-9, abs=1e-8)
        assert step.sigma**2 == pytest.approx(1 / precision, rel=1e-9)


def test_fixed_large_noise_is_that_of_the_forward_step(official):
    steps = ddpm_steps(official, times_of(999, 1000), "fixed_large")
    variances = [step.sigma**2 for step in steps[:-1]]
    np.testing.assert_allclose(variances, np.linspace(0.001, 0.2, 1000)[:0:-1], rtol=1e-9)


def test_fixed_large_noise_exceeds_fixed_small_in_every_step_but_hardly_where_all_is_noise(
    official,
):
    times = times_of(999, 1000)
    large, small = (
        np.array([step.sigma for step in ddpm_steps(official, times, variance)[:-1]])
        for variance in ("fixed_large", "fixed_small")
    )
    assert (large >= small).all()
    # At t = 1 the posterior variance is beta_1 * 0.001 / 0.0021980.
    assert large[-1] / small[-1] == pytest.approx(2.1980**0.5, rel=1e-4)
    np.testing.assert_allclose(large[:500], small[:500], rtol=1e-6)


@pytest.mark.parametrize("kind", ["fixed_large", "fixed_small", "ddim", "ddim with noise"])
@pytest.mark.parametrize("times", [times_of(999, 1000), JUMPS], ids=["every time", "jumps"])
def test_the_last_step_returns_the_predicted_clean_sample_without_noise(official, kind, times):
    *_, last = steps_of_each_kind(official, times)[kind]
    assert (last.t, last.remaining, last.sigma) == (0, 0, 0.0)
    assert last.from_x0 == pytest.approx(1)
    assert last.from_x == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", ["fixed_large", "fixed_small", "ddim with noise"])
def test_every_step_but_the_last_adds_noise(official, kind):
    steps = steps_of_each_kind(official, times_of(399, 60))[kind]
    assert all(step.sigma > 0 for step in steps[:-1])


@pytest.mark.parametrize("kind", ["fixed_large", "fixed_small", "ddim", "ddim with noise"])
@pytest.mark.parametrize("t", [0, 100, 296])
def test_the_true_noise_predicts_the_true_clean_sample(official, kind, t):
    x0 = torch.tensor([[0.3], [-2.0]], dtype=torch.float64)
    eps = torch.tensor([[1.1], [-0.6]], dtype=torch.float64)
    x_t = official.add_noise(x0, torch.full((2,), t), eps)
    step = steps_of_each_kind(official, np.array([t]))[kind][0]
    torch.testing.assert_close(step.x0_from_x * x_t + step.x0_from_eps * eps, x0)


@pytest.mark.parametrize("times", [times_of(299, 300), JUMPS], ids=["every time", "jumps"])
def test_ddim_with_eta_one_is_ddpm_with_the_posterior_variance(official, times):
    for ddim, ddpm in zip(
        ddim_steps(official, times, 1.0), ddpm_steps(official, times, "fixed_small"), strict=True
    ):
        assert ddim.from_x0 == pytest.approx(ddpm.from_x0, rel=1e-7)
        assert ddim.from_x == pytest.approx(ddpm.from_x, rel=1e-7, abs=1e-9)
        assert ddim.sigma == pytest.approx(ddpm.sigma, rel=1e-9)


def test_ddim_without_noise_keeps_the_noise_that_made_a_point(official):
    x0 = torch.tensor([[0.3, -2.0]], dtype=torch.float64)
    eps = torch.tensor([[1.1, 0.6]], dtype=torch.float64)
    for step, s in zip(ddim_steps(official, JUMPS, 0.0)[:-1], JUMPS[1:], strict=True):
        x_t = official.add_noise(x0, torch.tensor([step.t]), eps)
        x_s = official.add_noise(x0, torch.tensor([s]), eps)
        assert step.sigma == 0
        torch.testing.assert_close(step.from_x0 * x0 + step.from_x * x_t, x_s)


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_ddim_steps_keep_the_forward_marginals_whatever_their_noise(official, eta):
    # x_t | x_0 ~ N(sqrt(abar_t) x_0, 1 - abar_t) must become the same with s for t.
    steps = ddim_steps(official, JUMPS, eta)
    abars = official.alphas_cumprod[JUMPS]
    for step, abar_t, abar_s in zip(steps, abars, abars_before(official, JUMPS), strict=True):
        assert step.from_x0 + step.from_x * abar_t**0.5 == pytest.approx(abar_s**0.5)
        assert step.from_x**2 * (1 - abar_t) + step.sigma**2 == pytest.approx(1 - abar_s)


def test_a_jump_over_many_times_has_the_variance_of_all_the_steps_it_leaves_out(official):
    first, last = ddpm_steps(official, np.array([120, 40, 0]), "fixed_large")[:2]
    for step, t, s in ((first, 120, 40), (last, 40, 0)):
        variance = 0.0
        for beta in official.betas[s + 1 : t + 1]:
            variance = (1 - beta) * variance + beta
        assert step.sigma**2 == pytest.approx(variance)


def test_sixty_times_from_399_fall_evenly_to_zero():
    times = times_of(399, 60)
    assert (times[0], times[-1], len(times)) == (399, 0, 60)
    assert set(-np.diff(times)) == {6, 7}


def test_times_are_the_nearest_to_an_even_spread():
    assert times_of(10, 4).tolist() == [10, 7, 3, 0]  # of 10, 6.67, 3.33, 0


@pytest.mark.parametrize(
    ("start", "steps"), [(999, 1000), (999, 999), (999, 667), (10, 10), (7, 5), (1, 2), (4, 2)]
)
def test_no_time_is_visited_twice(start, steps):
    times = times_of(start, steps)
    assert len(times) == steps
    assert (np.diff(times) < 0).all()
    assert (times[0], times[-1]) == (start, 0)


@pytest.mark.parametrize("walk", [(999, 1000), (399, 400), (399, 50), (399, 2), (10, 9)])
def test_quadratic_times_visit_none_twice_and_lie_closest_at_the_end(walk):
    times = times_of(*walk, "quadratic")
    assert (len(times), times[0], times[-1]) == (walk[1], walk[0], 0)
    assert (np.diff(times) < 0).all()
    assert times[len(times) // 2] <= times_of(*walk)[len(times) // 2]
    assert times_of(400, 21, "quadratic")[:3].tolist() == [400, 361, 324]  # of 20, 19, 18


def test_steps_that_leave_nothing_out_count_down_with_the_time(official):
    for steps in steps_of_each_kind(official, times_of(399, 400)).values():
        assert [step.t for step in steps] == list(range(399, -1, -1))
        assert all(step.remaining == step.t for step in steps)


def test_remaining_counts_the_steps_to_come_where_times_are_left_out(official):
    for steps in steps_of_each_kind(official, JUMPS).values():
        assert [step.t for step in steps] == list(JUMPS)
        assert [step.remaining for step in steps] == [6, 5, 4, 3, 2, 1, 0]


def test_a_walk_takes_the_sampler_and_the_noise_that_are_named(official):
    def sigma(**options):
        return reverse_steps(official, times_of(399, 400), **options)[-2].sigma

    beta, abar_0 = official.betas[1], 1 - official.betas[0]
    posterior = beta * (1 - abar_0) / (1 - abar_0 * (1 - beta))
    assert sigma() ** 2 == pytest.approx(beta)
    assert sigma(variance="fixed_small") ** 2 == pytest.approx(posterior)
    assert sigma(variance="optimal", std=0.05) ** 2 > posterior
    assert sigma(variance="optimal", std=1e-9) ** 2 == pytest.approx(posterior)
    with pytest.raises(ValueError, match="standard deviation"):
        sigma(variance="optimal")
    assert sigma(sampler="ddim") == 0
    assert sigma(sampler="ddim", eta=0.5) ** 2 == pytest.approx(posterior / 4)


def test_a_tail_of_ddpm_takes_the_place_of_the_last_steps_of_ddim(official):
    times = times_of(399, 50)
    ddim, ddpm = (reverse_steps(official, times, sampler) for sampler in ("ddim", "ddpm"))
    for tail in (0, 1, 7, 50):
        mixed = reverse_steps(official, times, "ddim", ddpm_tail=tail)
        assert mixed[: 50 - tail] == ddim[: 50 - tail]
        assert mixed[50 - tail :] == ddpm[50 - tail :]


def test_a_tail_of_ddpm_adds_its_noise_to_what_ddim_leaves(official):
    """Data in one point: x0_hat is that point, and each step is Gaussian in closed form."""

    def spread_before_the_end(tail):
        variance = 1.0
        for step in reverse_steps(official, times_of(399, 50), "ddim", ddpm_tail=tail)[:-1]:
            variance = step.from_x**2 * variance + step.sigma**2
        return variance

    last = times_of(399, 50)[-1]
    noise = 1 - official.alphas_cumprod[last]
    # DDIM leaves exactly the noise of the time, from the start N(0, 1) that has a little less.
    assert spread_before_the_end(0) == pytest.approx(noise, rel=1e-6)
    # With fixed_large each step to s adds beta where the posterior adds less: more is left.
    steps = ddpm_steps(official, times_of(399, 50)[-3:], "fixed_large")
    expected = 1 - official.alphas_cumprod[times_of(399, 50)[-3]]
    for step in steps[:-1]:
        expected = step.from_x**2 * expected + step.sigma**2
    assert spread_before_the_end(3) == pytest.approx(expected, rel=1e-6)
    assert expected > noise


def test_the_noise_level_is_that_of_x_t_over_its_signal(official):
    abar = official.alphas_cumprod
    assert official.noise_levels == pytest.approx(np.sqrt((1 - abar) / abar))
