"""The predicted clean sample in one call of a scheduler's `step`, for each scheduler of diffusers.

Where the step tells it, it is taken from there, clipped as it was used. Elsewhere it follows from
what the network gave and from the noise at that time: x_t = alpha x_0 + sigma eps, and for a
flow alpha = 1 - sigma. Schedulers are known by their class's name, so that diffusers need not be
imported, and a class of one's own by that of the diffusers class that it extends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


class WatchError(ValueError):
    """What cannot be watched, and why, in one line."""


@dataclass(frozen=True)
class Call:
    """One call of `step`: what it was given, by name, and what it gave."""

    scheduler: Any
    given: dict[str, Any]
    output: Any

    @property
    def x(self) -> Tensor:
        """x_t: [batch, *sample]."""
        return self.given["sample"]

    @property
    def model_output(self) -> Tensor:
        """What the network gave, but for the variance that some give too: [batch, *sample]."""
        output = self.given["model_output"]
        return output if output.shape == self.x.shape else output[:, : self.x.shape[1]]

    @property
    def t(self) -> Tensor:
        """The timestep, or that of each sample in a shape that fits x: [] or [batch, 1, ...]."""
        import torch  # here alone: the names of schedulers are known without

        t = torch.as_tensor(self.given["timestep"], device=self.x.device)
        return t.reshape(*t.shape, *[1] * (self.x.ndim - t.ndim)) if t.ndim else t

    @property
    def index(self) -> int:
        """Of the step in the scheduler's timesteps."""
        return self.scheduler._step_index - 1

    @property
    def sigma(self) -> Tensor:
        """The scheduler's own entry for this step."""
        return self.scheduler.sigmas[self.index].to(self.x.device)


def _told(call: Call) -> Tensor:
    told = getattr(call.output, "pred_original_sample", None)
    return call.output[1] if told is None else told


def _from_noise_level(call: Call, alpha: Tensor, sigma: Tensor) -> Tensor:
    """For x_t = alpha x_0 + sigma eps, alpha^2 + sigma^2 = 1, by `prediction_type`."""
    kind = call.scheduler.config.prediction_type
    if kind == "epsilon":
        return (call.x - sigma * call.model_output) / alpha
    if kind == "v_prediction":
        return alpha * call.x - sigma * call.model_output
    if kind == "sample":
        return call.model_output
    raise WatchError(f"{type(call.scheduler).__name__} with prediction_type {kind!r}: not known")


def _clipped(call: Call, x0_hat: Tensor, clips: bool = False) -> Tensor:
    """As the scheduler does; its config may hold what only another class heeds."""
    config = call.scheduler.config
    if hasattr(call.scheduler, "_threshold_sample") and config.thresholding:
        return call.scheduler._threshold_sample(x0_hat)
    if clips and config.clip_sample:
        return x0_hat.clamp(-config.clip_sample_range, config.clip_sample_range)
    return x0_hat


def _from_abar(call: Call) -> Tensor:
    abar = call.scheduler.alphas_cumprod[call.given["timestep"]].to(call.x.device)
    return _from_noise_level(call, abar.sqrt(), (1 - abar).sqrt())


def _from_abar_clipped(call: Call) -> Tensor:
    return _clipped(call, _from_abar(call), clips=True)


def _from_sigma(call: Call) -> Tensor:
    """DPM-Solver and its kin, whose `convert_model_output` gives x_0 or eps."""
    if call.scheduler.config.prediction_type == "flow_prediction":
        return _clipped(call, _flow(call))
    levels = call.scheduler._sigma_to_alpha_sigma_t(call.sigma)
    return _clipped(call, _from_noise_level(call, *levels))


def _preconditioned(call: Call) -> Tensor:
    x0_hat = call.scheduler.precondition_outputs(call.x, call.model_output, call.sigma)
    return _clipped(call, x0_hat)


def _flow(call: Call) -> Tensor:
    """The network gives eps - x_0. Tokens [batch, tokens, size] may have a time each."""
    times = call.given.get("per_token_timesteps")
    if times is None:
        return call.x - call.sigma * call.model_output
    sigma = times[..., None] / call.scheduler.config.num_train_timesteps
    return call.x - sigma * call.model_output


def _flow_upwards(call: Call) -> Tensor:
    """The network gives x_0 - eps, and time is the share of x_0."""
    return call.x + (1 - call.t) * call.model_output


def _flow_of_tokens(call: Call) -> Tensor:
    return _flow_upwards(call) * call.given["emit_mask"][..., None]


def _angle(call: Call) -> Tensor:
    """IPNDM, whose network gives v."""
    alpha, sigma = call.scheduler.alphas[call.index], call.scheduler.betas[call.index]
    return alpha.to(call.x) * call.x - sigma.to(call.x) * call.model_output


def _wuerstchen(call: Call) -> Tensor:
    abar = call.scheduler._alpha_cumprod(call.t, call.x.device)
    return (call.x - (1 - abar).sqrt() * call.model_output) / abar.sqrt()


def _consistent(call: Call) -> Tensor:
    skip, out = call.scheduler.get_scalings_for_boundary_condition(call.sigma)
    x0_hat = out * call.model_output + skip * call.x
    return x0_hat.clamp(-1, 1) if call.scheduler.config.clip_denoised else x0_hat


def _consistent_decoder(call: Call) -> Tensor:
    t, scheduler = call.given["timestep"], call.scheduler
    return scheduler.c_out[t] * call.model_output + scheduler.c_skip[t] * call.x


WATCHED: dict[str, Callable[[Call], Tensor]] = {
    "CMStochasticIterativeScheduler": _consistent,
    "CogVideoXDDIMScheduler": _told,
    "CogVideoXDPMScheduler": _told,
    "ConsistencyDecoderScheduler": _consistent_decoder,
    "CosineDPMSolverMultistepScheduler": _preconditioned,
    "DDIMParallelScheduler": _told,
    "DDIMScheduler": _told,
    "DDPMParallelScheduler": _told,
    "DDPMScheduler": _told,
    "DDPMWuerstchenScheduler": _wuerstchen,
    "DEISMultistepScheduler": _from_sigma,
    "DPMSolverMultistepScheduler": _from_sigma,
    "DPMSolverSDEScheduler": _told,
    "DPMSolverSinglestepScheduler": _from_sigma,
    "EDMDPMSolverMultistepScheduler": _preconditioned,
    "EDMEulerScheduler": _told,
    "EulerAncestralDiscreteScheduler": _told,
    "EulerDiscreteScheduler": _told,
    "FlowMatchEulerDiscreteScheduler": _flow,
    "FlowMatchHeunDiscreteScheduler": _flow,
    "FlowMatchLCMScheduler": _flow,
    "HeunDiscreteScheduler": _told,
    "IPNDMScheduler": _angle,
    "KDPM2AncestralDiscreteScheduler": _told,
    "KDPM2DiscreteScheduler": _told,
    "LCMScheduler": _from_abar_clipped,
    "LMSDiscreteScheduler": _told,
    "LTXEulerAncestralRFScheduler": _flow,
    "MiniMaxH3Scheduler": _flow_upwards,
    "PNDMScheduler": _from_abar,
    "RFD4ProteinaScheduler": _flow_of_tokens,
    "RePaintScheduler": _told,
    "SASolverScheduler": _from_sigma,
    "SCMScheduler": _told,
    "TCDScheduler": _from_abar,
    "UnCLIPScheduler": _told,
    "UniPCMultistepScheduler": _from_sigma,
}

_TOKENS = "it draws tokens, which have no mean to vary"
_DATA_TO_NOISE = "it walks from data to noise, and generates nothing"
_STAGES = "it walks in stages of growing resolution, each towards a sample that is still noisy"
UNWATCHABLE = {
    "AmusedScheduler": _TOKENS,
    "BlockRefinementScheduler": _TOKENS,
    "DDIMInverseScheduler": _DATA_TO_NOISE,
    "DPMSolverMultistepInverseScheduler": _DATA_TO_NOISE,
    "DiscreteDDIMScheduler": _TOKENS,
    "EntropyBoundScheduler": _TOKENS,
    "FlowMapEulerDiscreteScheduler": "its network gives the mean velocity to the next time, "
    "which tells no clean sample",
    "HeliosDMDScheduler": _STAGES,
    "HeliosScheduler": _STAGES,
    "KarrasVeScheduler": "its step is told noise levels and no time, so its place "
    "in the walk is unknown",
    "PiflowScheduler": "its network gives many clean samples for one step",
    "ScoreSdeVeScheduler": "it has no step(), but a predictor and a corrector",
    "ScoreSdeVpScheduler": "it has no step(), but a predictor",
    "VQDiffusionScheduler": _TOKENS,
}
"""Schedulers of diffusers that cannot be watched, and why."""

ENDS_WITH_ZERO = {"DDPMWuerstchenScheduler", "SCMScheduler"}
"""Whose last timestep is where the walk ends, not where a step starts."""


def known_name(scheduler: Any) -> str:
    """The name in `WATCHED` of what a scheduler is.

    Raises:
        WatchError: if it cannot be watched, with the reason.
    """
    for base in type(scheduler).__mro__:
        if base.__name__ in WATCHED:
            return base.__name__
        if base.__name__ in UNWATCHABLE:
            raise WatchError(f"{base.__name__} cannot be watched: {UNWATCHABLE[base.__name__]}")
    if hasattr(scheduler, "scheduler"):
        raise WatchError(
            f"{type(scheduler).__name__} is no scheduler, but has one: give pipe.scheduler"
        )
    raise WatchError(
        f"{type(scheduler).__name__} cannot be watched: it is no scheduler of diffusers that is "
        "known here; where the predicted clean sample is at hand, give it to update()"
    )


def starts_step(scheduler: Any) -> bool:
    """Whether the next call of `step` is the first of its stages, at the x_t of the walk."""
    if hasattr(scheduler, "prk_timesteps"):  # PNDM: Runge-Kutta of four stages, then Adams
        if scheduler.counter < len(scheduler.prk_timesteps):
            return scheduler.counter % 4 == 0
        return scheduler.counter != 1 or not scheduler.config.skip_prk_steps
    return getattr(scheduler, "state_in_first_order", True)


def remaining(name: str, call: Call) -> int | None:
    """Steps still to come after this one; None where it is one fewer than after the last one."""
    scheduler = call.scheduler
    count = len(scheduler.timesteps) - (name in ENDS_WITH_ZERO)
    if hasattr(scheduler, "_step_index"):
        return (count - 1 - call.index) // scheduler.order
    t = float(call.t.flatten()[0])
    if name == "RePaintScheduler":  # noise is added again in between, and steps are repeated
        times = scheduler.timesteps.cpu().numpy()
        return int((np.diff(times) < 0).sum()) if t == times[0] else None
    if name == "PNDMScheduler":  # whose `timesteps` are those of the stages
        return int((scheduler._timesteps < t).sum())
    return int((scheduler.timesteps[:count] < t).sum())
