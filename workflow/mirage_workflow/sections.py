"""The sections of an experiment as a job is given them."""

from pathlib import Path
from typing import get_type_hints

from pydantic import TypeAdapter

from mirage_workflow import tables
from mirage_workflow.config.experiment import Experiment


def sections(config: dict, schedule: Path | str | None = None) -> Experiment:
    """Sections of an experiment from JSON, each checked again.

    Reading a section that is not among them raises AttributeError.

    Args:
        config: the sections by name.
        schedule: the table of what a learned schedule came to, which takes its place.
    """
    if schedule:
        betas = tables.read(schedule, columns=["beta"])["beta"].tolist()
        config = config | {"diffusion": {"name": "given", "betas": betas}}
    kinds = get_type_hints(Experiment, include_extras=True)
    values = {
        name: TypeAdapter(kinds[name]).validate_python(value) for name, value in config.items()
    }
    return Experiment.model_construct(_fields_set=set(values), **values)
