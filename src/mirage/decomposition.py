"""The walks that are crossed with models to tell what causes hallucinations."""

from dataclasses import dataclass

from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import ReverseStep, Schedule, ddpm_steps, reverse_steps, times_of
from mirage.exact import refined

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


def walks(
    schedule: Schedule,
    mixture: GaussianMixture,
    start: int,
    variance: str = "fixed_large",
    few: int = 50,
    tail: int = 5,
) -> dict[str, Walk]:
    """The samplers that are compared, by name; all begin at one time.

    `ddpm` and `ddim` take every time, `ddim_few` evenly spread ones, `ddim_few_tail` the same
    with DDPM's steps at the end. Those have the posterior's variance: beta of a jump over
    several times is far wider than a mode. `ddpm_fine` takes every time with the optimal
    variance, and those whose noise is below half the spacing of the modes in several steps.

    Args:
        schedule: the forward process.
        mixture: that is sampled from.
        start: the time at which all begin.
        variance: of the steps of `ddpm`.
        few: steps of the short walks.
        tail: the last so many of them are DDPM's in the walk with a tail.
    """
    every, spread = times_of(start, start + 1), times_of(start, few)
    steps = {
        "ddpm": reverse_steps(schedule, every, "ddpm", variance, std=mixture.std),
        "ddim": reverse_steps(schedule, every, "ddim"),
        "ddim_few": reverse_steps(schedule, spread, "ddim"),
        "ddim_few_tail": reverse_steps(schedule, spread, "ddim", "fixed_small", ddpm_tail=tail),
    }
    coarse = {name: Walk(schedule, taken) for name, taken in steps.items()}
    return coarse | {FINE: fine_walk(schedule, mixture, start)}


def fine_walk(schedule: Schedule, mixture: GaussianMixture, start: int) -> Walk:
    """DDPM that the true score fills the modes with as a perfect sampler does."""
    narrow = int((schedule.noise_levels < mixture.spacing / 2).sum())
    fine = refined(schedule, narrow, PARTS)
    start = start + narrow * (PARTS - 1)
    every = times_of(start, start + 1)
    return Walk(fine, ddpm_steps(fine, every, "optimal", mixture.std))
