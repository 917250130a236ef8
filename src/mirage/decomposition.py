"""The walks that are crossed with models to tell what causes hallucinations."""

from dataclasses import dataclass

import numpy as np

from mirage.config import Experiment
from mirage.datasets import build_mixture
from mirage.diffusion import ReverseStep, Schedule, ddpm_steps, reverse_steps, times_of
from mirage.exact import optimal_ddpm, refined

FINE = "ddpm_fine"
"""The walk that shows the floor; it needs a score at times between those of the training."""

PARTS = 4
"""Steps in place of each that modes are told apart in: with the true score of the grid, the
rate beyond 3 std is then 0.4 % above the floor, where one step leaves 1.4 %."""


@dataclass(frozen=True)
class Walk:
    """Reverse steps, and the schedule that their times are of."""

    schedule: Schedule
    steps: list[ReverseStep]


def walks(experiment: Experiment) -> dict[str, Walk]:
    """The samplers that are compared, by name; all begin at the experiment's start.

    `ddpm` (with the experiment's variance) and `ddim` take every time, `ddim_few` evenly
    spread ones, `ddim_few_tail` the same with DDPM's steps at the end. Those have the
    posterior's variance: beta of a jump over several times is far wider than a mode.
    `ddpm_fine` takes every time with the optimal variance, and those whose noise is below
    half the spacing of the modes in several steps.
    """
    few, tail = experiment.causes.few_steps, experiment.causes.tail
    options = {
        "ddpm": {"sampler": "ddpm"},
        "ddim": {"sampler": "ddim"},
        "ddim_few": {"sampler": "ddim", "steps": few},
        "ddim_few_tail": {
            "sampler": "ddim",
            "steps": few,
            "ddpm_tail": tail,
            "variance": "fixed_small",
        },
    }
    plain = {"steps": None, "eta": 0.0, "ddpm_tail": 0}
    schedule = Schedule.linear(experiment.diffusion)
    found = {
        name: Walk(
            schedule,
            reverse_steps(schedule, experiment.sampling.model_copy(update=plain | changes)),
        )
        for name, changes in options.items()
    }
    return found | {FINE: fine_walk(experiment)}


def fine_walk(experiment: Experiment) -> Walk:
    """DDPM that the true score fills the modes with as a perfect sampler does."""
    mixture, schedule = build_mixture(experiment.dataset), Schedule.linear(experiment.diffusion)
    abars = schedule.alphas_cumprod
    narrow = int((np.sqrt(1 / abars - 1) < mixture.spacing / 2).sum())
    fine = refined(schedule, narrow, PARTS)
    start = experiment.start + narrow * (PARTS - 1)
    steps = ddpm_steps(fine, times_of(start, start + 1), "fixed_small")
    return Walk(fine, optimal_ddpm(mixture, steps))
