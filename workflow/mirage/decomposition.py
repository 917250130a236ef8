"""The walks and models that are crossed to tell what causes hallucinations."""

from mirage.config import Experiment
from mirage.datasets import build_mixture
from mirage.diffusion import ReverseStep, Schedule, reverse_steps
from mirage.exact import optimal_ddpm

OPTIMAL = "ddpm_optimal"
"""DDPM with the optimal variance: with the true score, a sampler that shows the floor."""


def walks(experiment: Experiment) -> dict[str, list[ReverseStep]]:
    """The samplers that are compared, by name; all begin at the experiment's start.

    `ddpm` and `ddim` take every time, `ddim_few` evenly spread ones, `ddim_few_tail` the
    same with DDPM's steps at the end. DDPM's variance is the experiment's.
    """
    few, tail = experiment.causes.few_steps, experiment.causes.tail
    options = {
        "ddpm": {"sampler": "ddpm"},
        "ddim": {"sampler": "ddim"},
        "ddim_few": {"sampler": "ddim", "steps": few},
        "ddim_few_tail": {"sampler": "ddim", "steps": few, "ddpm_tail": tail},
        OPTIMAL: {"sampler": "ddpm", "variance": "fixed_small"},
    }
    plain = {"steps": None, "eta": 0.0, "ddpm_tail": 0}
    schedule = Schedule.linear(experiment.diffusion)
    steps = {
        name: reverse_steps(schedule, experiment.sampling.model_copy(update=plain | changes))
        for name, changes in options.items()
    }
    steps[OPTIMAL] = optimal_ddpm(build_mixture(experiment.dataset), steps[OPTIMAL])
    return steps
