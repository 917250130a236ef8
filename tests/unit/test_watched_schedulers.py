"""Every scheduler of diffusers, with models whose predicted clean sample is known in closed form.

For data N(mean, std^2) and x_t = alpha x_0 + sigma eps, the mean of x_0 given x_t is
mean + alpha std^2 / (alpha^2 std^2 + sigma^2) (x_t - alpha mean); a point mass has std = 0.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import diffusers
import diffusers.schedulers
import numpy as np
import pytest
import torch

from mirage import watch
from mirage.hooks import WatchError
from mirage.hooks.schedulers import UNWATCHABLE, WATCHED

MEAN, SHAPE = 0.4, (5, 3, 4, 4)
SIGMA_DATA = 0.5


NAMES = {*dir(diffusers), *dir(diffusers.schedulers)}
SCHEDULERS = {name for name in NAMES if name.endswith("Scheduler")}


def abar(scheduler, t) -> float:
    return float(scheduler.alphas_cumprod[int(t)])


def sigma_of_step(scheduler, t) -> float:
    """What the schedule holds for the step that comes next."""
    if scheduler._step_index is not None:
        return float(scheduler.sigmas[scheduler._step_index])
    if scheduler._begin_index is not None:
        return float(scheduler.sigmas[scheduler._begin_index])
    found = (scheduler.timesteps == t).nonzero().flatten()
    return float(scheduler.sigmas[found[min(1, len(found) - 1)]])


# The noise level (alpha, sigma) of x_t, as each family of schedulers defines it.


def by_abar(scheduler, t):
    return abar(scheduler, t) ** 0.5, (1 - abar(scheduler, t)) ** 0.5


def by_sigma(scheduler, t):
    sigma = sigma_of_step(scheduler, t)
    return 1.0, sigma


def by_scaled_sigma(scheduler, t):
    sigma = sigma_of_step(scheduler, t)
    return (1 + sigma**2) ** -0.5, sigma * (1 + sigma**2) ** -0.5


def by_flow(scheduler, t):
    sigma = sigma_of_step(scheduler, t)
    return 1 - sigma, sigma


def by_share(scheduler, t):
    return float(t), 1 - float(t)


def by_angle(scheduler, t):
    return np.cos(float(t)), np.sin(float(t))


def by_quarter_turn(scheduler, t):
    return np.cos(float(t) * np.pi / 2), np.sin(float(t) * np.pi / 2)


def by_cosine(scheduler, t):
    s = 0.008
    level = np.cos((float(t) + s) / (1 + s) * np.pi / 2) ** 2 / np.cos(s / (1 + s) * np.pi / 2) ** 2
    level = float(np.clip(level, 1e-4, 0.9999))
    return level**0.5, (1 - level) ** 0.5


# What a network gives that knows the mean x_0 of x: the inverse of each parametrisation.


def eps(x, x0, alpha, sigma):
    return (x - alpha * x0) / sigma


def v(x, x0, alpha, sigma):
    return alpha * eps(x, x0, alpha, sigma) - sigma * x0


def v_of_sigma(x, x0, alpha, sigma):
    """v where x is not scaled down: that of x / sqrt(1 + sigma^2)."""
    scale = (1 + sigma**2) ** -0.5
    return v(scale * x, x0, scale, scale * sigma)


def x0_itself(x, x0, alpha, sigma):
    return x0


def velocity(x, x0, alpha, sigma):
    return eps(x, x0, alpha, sigma) - x0


def velocity_upwards(x, x0, alpha, sigma):
    return x0 - eps(x, x0, alpha, sigma)


def minus_derivative(x, x0, alpha, sigma):
    """TrigFlow: x = cos x_0 + sin z, and the network gives cos z - sin x_0."""
    return alpha * eps(x, x0, alpha, sigma) - sigma * x0


def edm(x, x0, alpha, sigma):
    """Karras et al. (2022), table 1."""
    skip = SIGMA_DATA**2 / (sigma**2 + SIGMA_DATA**2)
    out = sigma * SIGMA_DATA / (sigma**2 + SIGMA_DATA**2) ** 0.5
    return (x0 - skip * x) / out


def cosine_edm(x, x0, alpha, sigma):
    """The same, with the sign of v."""
    skip = 1 / (sigma**2 + 1)
    out = -sigma / (sigma**2 + 1) ** 0.5
    return (x0 - skip * x) / out


def consistency(x, x0, alpha, sigma):
    """Song et al. (2023), appendix C."""
    above = sigma - 0.002
    skip = SIGMA_DATA**2 / (above**2 + SIGMA_DATA**2)
    out = above * SIGMA_DATA / (sigma**2 + SIGMA_DATA**2) ** 0.5
    return (x0 - skip * x) / out


def consistency_of_decoder(x, x0, alpha, sigma):
    ratio = sigma / alpha
    skip = SIGMA_DATA**2 / (ratio**2 + SIGMA_DATA**2) / alpha
    out = ratio * SIGMA_DATA / (ratio**2 + SIGMA_DATA**2) ** 0.5
    return (x0 - skip * x) / out


@dataclass
class Case:
    """How a scheduler is made and walked, and what its network gives."""

    level: Callable
    gives: Callable
    config: dict = field(default_factory=dict)
    steps: int = 20
    shape: tuple[int, ...] = SHAPE
    times: dict = field(default_factory=dict)
    options: Callable = lambda x: {}
    walked: Callable = lambda scheduler: scheduler.timesteps
    stages: int = 1
    """Calls of `step` for each step but the last."""
    starts: list[int] | None = None
    """Which calls are the first of a step, where stages do not say so."""


VP = {"beta_schedule": "linear"}
UNCLIPPED = VP | {"clip_sample": False}


def kinds(level, config=VP, sigma=False, **more) -> dict[str, Case]:
    """A case for each prediction type."""
    given = {"epsilon": eps, "v_prediction": v_of_sigma if sigma else v, "sample": x0_itself}
    for unknown in more.pop("without", ()):
        del given[unknown]
    return {
        name: Case(level, gives, config | {"prediction_type": name}, **more)
        for name, gives in given.items()
    }


def solver(**configs: dict) -> dict[str, Case]:
    """DPM-Solver and its kin: every prediction type by every algorithm, and flows."""
    cases = {
        f"{algorithm}-{name}": case
        for algorithm, config in configs.items()
        for name, case in kinds(by_scaled_sigma, VP | config).items()
    }
    flow = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
    return cases | {"flow": Case(by_flow, velocity, VP | flow)}


def mask_all(x):
    return {"original_image": x, "mask": torch.zeros_like(x), "generator": None}


# The first step of PLMS has two stages, the first three of PRK have four each.
PLMS = {"starts": [0, *range(2, 21)]}
PRK = {"starts": [0, 4, 8, *range(12, 29)]}

CASES: dict[str, dict[str, Case]] = {
    "CMStochasticIterativeScheduler": {
        "consistency": Case(by_sigma, consistency, {"clip_denoised": False})
    },
    "CogVideoXDDIMScheduler": kinds(by_abar),
    "CogVideoXDPMScheduler": kinds(
        by_abar, options=lambda x: {"old_pred_original_sample": None, "timestep_back": None}
    ),
    "ConsistencyDecoderScheduler": {
        "consistency": Case(
            lambda scheduler, t: (
                float(scheduler.sqrt_alphas_cumprod[t]),
                float(scheduler.sqrt_one_minus_alphas_cumprod[t]),
            ),
            consistency_of_decoder,
            steps=2,
        )
    },
    "CosineDPMSolverMultistepScheduler": {
        "v": Case(by_sigma, cosine_edm, {"prediction_type": "v_prediction", "sigma_data": 1.0})
    },
    "DDIMParallelScheduler": kinds(by_abar, UNCLIPPED),
    "DDIMScheduler": kinds(by_abar, UNCLIPPED),
    "DDPMParallelScheduler": kinds(by_abar, UNCLIPPED),
    "DDPMScheduler": kinds(by_abar, UNCLIPPED),
    "DDPMWuerstchenScheduler": {
        "epsilon": Case(by_cosine, eps, walked=lambda scheduler: scheduler.timesteps[:-1])
    },
    "DEISMultistepScheduler": solver(deis={}),
    "DPMSolverMultistepScheduler": solver(
        plus={"algorithm_type": "dpmsolver++"},
        plain={"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"},
        sde={"algorithm_type": "sde-dpmsolver++"},
    ),
    "DPMSolverSDEScheduler": kinds(by_sigma, sigma=True, stages=2, without=["sample"]),
    "DPMSolverSinglestepScheduler": solver(
        plus={"algorithm_type": "dpmsolver++"},
        plain={"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"},
    ),
    "EDMDPMSolverMultistepScheduler": {"edm": Case(by_sigma, edm)},
    "EDMEulerScheduler": {"edm": Case(by_sigma, edm)},
    "EulerAncestralDiscreteScheduler": kinds(by_sigma, sigma=True, without=["sample"]),
    "EulerDiscreteScheduler": kinds(by_sigma, sigma=True),
    "FlowMatchEulerDiscreteScheduler": {"flow": Case(by_flow, velocity, {"shift": 3.0})},
    "FlowMatchHeunDiscreteScheduler": {"flow": Case(by_flow, velocity, {"shift": 3.0}, stages=2)},
    "FlowMatchLCMScheduler": {"flow": Case(by_flow, velocity, {"shift": 3.0})},
    "HeunDiscreteScheduler": kinds(by_sigma, sigma=True, stages=2),
    "IPNDMScheduler": {"v": Case(by_quarter_turn, v)},
    "KDPM2AncestralDiscreteScheduler": kinds(by_sigma, sigma=True, stages=2, without=["sample"]),
    "KDPM2DiscreteScheduler": kinds(by_sigma, sigma=True, stages=2, without=["sample"]),
    "LCMScheduler": kinds(by_abar, UNCLIPPED),
    "LMSDiscreteScheduler": kinds(by_sigma, sigma=True),
    "LTXEulerAncestralRFScheduler": {"flow": Case(by_flow, velocity)},
    "MiniMaxH3Scheduler": {"flow": Case(by_share, velocity_upwards)},
    "PNDMScheduler": {
        f"{name}-{kind}": case
        for name, config, more in [
            ("plms", {"skip_prk_steps": True, "steps_offset": 1}, PLMS),
            ("prk", {"skip_prk_steps": False}, PRK),
        ]
        for kind, case in kinds(by_abar, VP | config, without=["sample"], **more).items()
    },
    "RFD4ProteinaScheduler": {
        "flow": Case(
            by_share,
            velocity_upwards,
            {"schedule_mode": "log", "noise_mode": "1/t", "tsr_k": 1.0, "tsr_sigma": 1.0},
            shape=(5, 12, 3),
            options=lambda x: {"emit_mask": torch.ones(x.shape[:-1], dtype=torch.bool)},
        )
    },
    "RePaintScheduler": {"epsilon": Case(by_abar, eps, UNCLIPPED, options=mask_all)},
    "SASolverScheduler": solver(
        data={"algorithm_type": "data_prediction"}, noise={"algorithm_type": "noise_prediction"}
    ),
    "SCMScheduler": {
        "trigflow": Case(
            by_angle,
            minus_derivative,
            times={"intermediate_timesteps": None},
            walked=lambda scheduler: scheduler.timesteps[:-1],
        )
    },
    "TCDScheduler": kinds(by_abar, UNCLIPPED),
    "UnCLIPScheduler": kinds(by_abar, {"clip_sample": False}, without=["v_prediction"]),
    "UniPCMultistepScheduler": solver(
        x0={"predict_x0": True},
        eps={"predict_x0": False, "final_sigmas_type": "sigma_min"},
    ),
}

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


def make(name: str, case: Case):
    scheduler = getattr(diffusers, name, None) or getattr(diffusers.schedulers, name)
    if scheduler.__module__.startswith("diffusers.utils.dummy"):
        pytest.skip("a package that it needs is not installed")
    return scheduler(**case.config)


def draw(scheduler, case: Case, std: float, first: int = 0):
    """Walk with the network that knows the data.

    Returns x at the end, and the mean of x_0 at each call of `step`: [calls, batch, *sample].
    """
    torch.manual_seed(1)
    scheduler.set_timesteps(case.steps, **case.times)
    if first and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    x = torch.randn(case.shape) * float(getattr(scheduler, "init_noise_sigma", 1.0))
    means, last = [], torch.inf
    for t in case.walked(scheduler)[first:]:
        if t > last and hasattr(scheduler, "undo_step"):  # RePaint adds noise again
            x, last = scheduler.undo_step(x, last), t
            continue
        last = t
        if hasattr(scheduler, "scale_model_input"):
            scheduler.scale_model_input(x, t)
        alpha, sigma = case.level(scheduler, t)
        pull = alpha * std**2 / (alpha**2 * std**2 + sigma**2)
        x0 = MEAN + pull * (x - alpha * MEAN)
        output = case.gives(x, x0, alpha, sigma)
        means.append(x0)
        takes_one_each = type(scheduler).__name__ == "DDPMWuerstchenScheduler"
        timestep = t.expand(len(x)) if takes_one_each else t
        x = scheduler.step(
            model_output=output, timestep=timestep, sample=x, **case.options(x), return_dict=False
        )[0]
    return x, torch.stack(means)


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
