"""The process that a config describes, in objects of the library: what needs no PyTorch.

Options have the names of the library's arguments.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirage.diffusion import ReverseStep, Schedule, reverse_steps

if TYPE_CHECKING:
    from mirage_workflow.config.experiment import Experiment
    from mirage_workflow.config.section import Section


def arguments(section: Section, *others: str) -> dict[str, Any]:
    """A section's values by name, but for its own and those of others."""
    return section.model_dump(exclude={"name", *others})


def schedule_of(experiment: Experiment) -> Schedule:
    """The forward process: of a pipeline, that of its scheduler; of a learned one, in a job that
    was given what it came to."""
    if experiment.network and experiment.network.name == "pipeline":
        from mirage.hooks import retraining  # diffusers takes its time

        return retraining.schedule_of(Path(experiment.network.folder))
    return getattr(Schedule, experiment.diffusion.name)(**arguments(experiment.diffusion))


def steps_of(experiment: Experiment) -> list[ReverseStep]:
    """The reverse process."""
    options = experiment.sampling
    return reverse_steps(
        schedule_of(experiment),
        experiment.times,
        options.sampler,
        options.variance,
        options.eta,
        options.ddpm_tail,
        experiment.dataset.mixture.std if options.variance == "optimal" else None,
    )
