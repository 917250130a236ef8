"""Walks by schedulers of diffusers with networks that know the mean of x_0 in closed form.

For data N(mean, std^2) and x_t = alpha x_0 + sigma eps, the mean of x_0 given x_t is
mean + alpha std^2 / (alpha^2 std^2 + sigma^2) (x_t - alpha mean); a point mass has std = 0.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace

import diffusers
import diffusers.schedulers
import numpy as np
import torch

MEAN, SHAPE = 0.4, (5, 3, 4, 4)
SIGMA_DATA = 0.5


NEED_TORCHSDE = {
    "CosineDPMSolverMultistepScheduler": "scheduling_cosine_dpmsolver_multistep",
    "DPMSolverSDEScheduler": "scheduling_dpmsolver_sde",
}


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


class Brownian:
    """As torchsde has it, but for what it costs: increments that depend on where they lie."""

    def __init__(self, size, dtype, entropy, **more) -> None:
        self._size, self._dtype, self._seed = size, dtype, entropy

    def __call__(self, t0: float, t1: float) -> torch.Tensor:
        rng = torch.Generator().manual_seed(hash((self._seed, float(t0), float(t1))) % 2**32)
        return torch.randn(self._size, generator=rng, dtype=self._dtype) * float(t1 - t0) ** 0.5


def make(name: str, case: Case):
    kind = getattr(diffusers, name, None) or getattr(diffusers.schedulers, name)
    if kind.__module__.startswith("diffusers.utils.dummy"):  # for want of torchsde
        sys.modules.setdefault("torchsde", SimpleNamespace(BrownianInterval=Brownian))
        kind = getattr(import_module(f"diffusers.schedulers.{NEED_TORCHSDE[name]}"), name)
    return kind(**case.config)


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
