"""The small models of an experiment's sweeps, each an experiment of its own.

Values that differ in `sampling` alone share one training. Plain Python, for the launcher.
"""

import math
from dataclasses import dataclass

from mirage_workflow.config.check import ConfigError, check, merge
from mirage_workflow.config.experiment import Experiment

BASE = "base"


@dataclass(frozen=True)
class Draw:
    """One value of a factor that needs no training of its own."""

    factor: str
    value: str
    experiment: Experiment


def base(experiment: Experiment, where: str = "") -> Experiment:
    """The recipe that all small models start from, without further studies."""
    return _variant(experiment, BASE, experiment.sweeps.base, where)


def variants(experiment: Experiment, where: str = "") -> dict[str, list[Draw]]:
    """What each training is drawn for: its name, `base` or `factor=value`, and its draws.

    Args:
        experiment: with its sweeps.
        where: the file, for an error.

    Raises:
        ConfigError: for a value whose recipe cannot work.
    """
    if experiment.sweeps is None:
        return {}
    start = base(experiment, where)
    late = [update for update in experiment.sweeps.snapshots if update > start.training.updates]
    if late:
        raise ConfigError(
            f"{where}: sweeps.snapshots: the base trains for {start.training.updates} updates: "
            f"found {late[0]}"
        )
    trainings = {BASE: [Draw(BASE, BASE, start)]}
    for factor, values in experiment.sweeps.factors.items():
        for value, override in values.items():
            name = f"{factor}={value}"
            draw = Draw(factor, value, _variant(start, name, override, where))
            shared = set(override) <= {"sampling"}
            trainings.setdefault(BASE if shared else name, []).append(draw)
    return trainings


def number(level: str) -> float:
    """The level of a factor as a number; NaN where it is a word, as `infinite` is."""
    try:
        value = float(level)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _variant(experiment: Experiment, name: str, override: dict, where: str) -> Experiment:
    recipe = experiment.model_dump(mode="json", exclude={"causes", "sweeps", "recursion"})
    unknown = set(override) - set(recipe)
    where = f"{where}: sweeps: {name}"
    if unknown:
        raise ConfigError(
            f"{where}: unknown section {min(unknown)!r}; allowed: {', '.join(recipe)}"
        )
    return check(Experiment, merge(recipe, override), where)
