"""Every scheduler of diffusers, with networks whose predicted clean sample is known."""

import dataclasses

import diffusers
import diffusers.schedulers
import numpy as np
import pytest
import torch
from closed_forms import (
    CASES,
    MEAN,
    PRK,
    VP,
    Case,
    by_abar,
    by_scaled_sigma,
    draw,
    eps,
    make,
)

from mirage import watch
from mirage.hooks import WatchError
from mirage.hooks.schedulers import UNWATCHABLE, WATCHED

NAMES = {*dir(diffusers), *dir(diffusers.schedulers)}
SCHEDULERS = {name for name in NAMES if name.endswith("Scheduler")}


EACH = [
    pytest.param(name, case, id=f"{name}-{kind}")
    for name, cases in CASES.items()
    for kind, case in cases.items()
]
FROM_THE_START = {"ConsistencyDecoderScheduler", "RFD4ProteinaScheduler", "RePaintScheduler"}
"""Which can do nothing else, nor can PNDM with Runge-Kutta."""
LATE = [
    each
    for each in EACH
    if each.values[0] not in FROM_THE_START and each.values[1].starts != PRK["starts"]
]


def check(scheduler, case: Case, std: float, first: int = 0) -> None:
    window = (0, min(case.steps, 10) - 1)
    with watch(scheduler, [window], keep=range(5)) as hal:
        _, means = draw(scheduler, case, std, first)
    means = means[case.starts or slice(None, None, case.stages)]
    found = np.stack([hal.paths[number] for number in range(5)], 1)
    np.testing.assert_allclose(found, means, atol=2e-3)
    expected = means[-window[1] - 1 :].double().var(0, correction=0).flatten(1).mean(1)
    found = hal.scores[f"hal_0_{window[1]}"]
    np.testing.assert_allclose(found, expected, rtol=0.01, atol=1e-6)
    assert hal.scores["sample"].tolist() == list(range(5))


def test_every_scheduler_of_diffusers_is_tested_or_has_a_reason_why_not():
    assert set(CASES) | set(UNWATCHABLE) == SCHEDULERS
    assert set(CASES) == set(WATCHED)
    assert not set(WATCHED) & set(UNWATCHABLE)


@pytest.mark.parametrize(("name", "case"), EACH)
def test_the_clean_sample_of_a_point_is_the_point_at_each_step(name, case):
    check(make(name, case), case, std=0.0)


@pytest.mark.parametrize(("name", "case"), EACH)
def test_the_clean_sample_of_a_gaussian_is_its_mean_given_x_t(name, case):
    check(make(name, case), case, std=0.3)


@pytest.mark.parametrize(("name", "case"), LATE)
def test_windows_count_from_the_end_where_a_walk_starts_late(name, case):
    if case.starts:  # PNDM: the first step of those left has two stages again
        case = dataclasses.replace(case, starts=[0, *range(2, 14)])
    check(make(name, case), case, std=0.3, first=7 * case.stages)


@pytest.mark.parametrize(("name", "case"), EACH)
def test_a_walk_ends_at_the_same_bits_watched_or_not(name, case):
    scheduler = make(name, case)
    plain, state = draw(scheduler, case, 0.3)[0], torch.get_rng_state()
    with watch(scheduler, [(0, 1)], keep=[0]) as hal:
        watched = draw(scheduler, case, 0.3)[0]
    assert torch.equal(plain, watched)
    assert torch.equal(state, torch.get_rng_state())
    assert len(hal.scores) == 5


@pytest.mark.parametrize("name", sorted(UNWATCHABLE))
def test_a_scheduler_that_cannot_be_watched_says_why(name):
    scheduler = type(name, (), {})()
    with pytest.raises(WatchError, match=f"^{name} cannot be watched: .*") as error:
        watch(scheduler)
    assert UNWATCHABLE[name] in str(error.value)
    assert "\n" not in str(error.value)


LIMITED = {"thresholding": True, "sample_max_value": 2.0}
CLIPPING = [
    ("DDPMScheduler", by_abar, {"clip_sample": True, "clip_sample_range": 0.3}),
    ("LCMScheduler", by_abar, {"clip_sample": True, "clip_sample_range": 0.3}),
    ("DDIMScheduler", by_abar, LIMITED),
    ("LCMScheduler", by_abar, LIMITED),
    (
        "DPMSolverMultistepScheduler",
        by_scaled_sigma,
        {"thresholding": True, "sample_max_value": 2.0},
    ),
    ("UniPCMultistepScheduler", by_scaled_sigma, LIMITED),
    ("DEISMultistepScheduler", by_scaled_sigma, LIMITED),
]


@pytest.mark.parametrize(("name", "level", "config"), CLIPPING)
def test_the_clean_sample_is_taken_after_clipping(name, level, config):
    case = Case(level, eps, VP | config)
    scheduler = make(name, case)
    with watch(scheduler, keep=range(5)) as hal:
        _, means = draw(scheduler, case, std=3.0)
    if "clip_sample" in config:
        expected = means.clamp(-0.3, 0.3)
    else:  # dynamic thresholding (Saharia et al. 2022, section 2.3)
        limit = means.flatten(2).abs().quantile(0.995, dim=2).clamp(1, 2)[..., None, None, None]
        expected = means.clamp(-limit, limit) / limit
    found = np.stack([hal.paths[number] for number in range(5)], 1)
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert not torch.allclose(means, expected, atol=0.1)


def test_what_another_class_clips_is_not_clipped_by_one_that_does_not():
    origin = diffusers.DDPMScheduler(clip_sample=True, clip_sample_range=0.1)
    scheduler = diffusers.DPMSolverMultistepScheduler.from_config(origin.config)
    assert scheduler.config.clip_sample
    check(scheduler, Case(by_scaled_sigma, eps), std=0.3)


def test_tokens_may_have_a_time_each():
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(4)
    x0, noise = torch.full((2, 3, 5), MEAN), torch.randn(2, 3, 5)
    with watch(scheduler, [(0, 3)], keep=[0, 1]) as hal:
        for t in scheduler.timesteps:
            times = t * torch.tensor([[1.0, 0.5, 0.2]]).expand(2, 3)
            sigma = times[..., None] / 1000
            x = (1 - sigma) * x0 + sigma * noise
            scheduler.step(noise - x0, t, x, per_token_timesteps=times)
    np.testing.assert_allclose(list(hal.paths.values()), np.full((2, 4, 3, 5), MEAN), atol=1e-5)


def test_a_time_for_each_sample_is_used():
    scheduler = diffusers.MiniMaxH3Scheduler()
    scheduler.set_timesteps(3)
    scheduler.set_begin_index(0)
    x0, noise = torch.full((2, 3, 4, 4), MEAN), torch.randn(2, 3, 4, 4)
    with watch(scheduler, [(0, 1)], keep=[0, 1]) as hal:
        for t in scheduler.timesteps:
            share = t * torch.tensor([1.0, 0.5])
            x = share[:, None, None, None] * x0 + (1 - share[:, None, None, None]) * noise
            scheduler.step(x0 - noise, share, x)
    np.testing.assert_allclose(list(hal.paths.values()), np.full((2, 2, 3, 4, 4), MEAN), atol=1e-5)
