"""The small models of an experiment's sweeps, each an experiment of its own.

Models that differ in `sampling` alone share one training. Plain Python, for the launcher.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from mirage_workflow.config.check import ConfigError, check, merge
from mirage_workflow.config.experiment import Experiment

BASE = "base"


@dataclass(frozen=True)
class Draw:
    """One value of a factor, or of each of two, drawn from a training that others may share."""

    factor: str
    value: str
    experiment: Experiment
    second_factor: str | None = None
    second_value: str | None = None

    @property
    def name(self) -> str:
        """`base`, `factor=value`, or both of two."""
        return BASE if self.factor == BASE else _name(self.factor, self.value, *self._second)

    @property
    def _second(self) -> tuple[str, ...]:
        return (self.second_factor, self.second_value) if self.second_factor else ()


def base(experiment: Experiment, where: str = "") -> Experiment:
    """The recipe that all small models start from, without further studies."""
    return _variant(experiment, BASE, experiment.sweeps.base, where)


def variants(experiment: Experiment, where: str = "") -> dict[str, list[Draw]]:
    """What each training is drawn for: the name of the first draw, and all draws.

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
    trainings: dict[str, list[Draw]] = {}
    named: dict[str, str] = {}
    for draw in (Draw(BASE, BASE, start), *_draws(experiment, start, where)):
        recipe = draw.experiment.model_dump(mode="json", exclude={"sampling", "compute"})
        name = named.setdefault(json.dumps(recipe, sort_keys=True), draw.name)
        trainings.setdefault(name, []).append(draw)
    _learned_once(experiment, trainings, where)
    return trainings


def learned_of(experiment: Experiment, trainings: dict[str, list[Draw]]) -> Experiment:
    """The experiment, with the schedule that it or a small model of its has learned."""
    return experiment.model_copy(update={"diffusion": _learned(experiment, trainings)[0].diffusion})


def _learned(experiment: Experiment, trainings: dict[str, list[Draw]]) -> list[Experiment]:
    recipes = [experiment, *(draws[0].experiment for draws in trainings.values())]
    return [recipe for recipe in recipes if recipe.diffusion.name == "learned"]


def _learned_once(experiment: Experiment, trainings: dict[str, list[Draw]], where: str) -> None:
    """A schedule is learned on the experiment's own points, for all that is asked of it."""
    own = experiment.dataset.mixture
    for recipe in (learned := _learned(experiment, trainings)):
        if recipe.diffusion != learned[0].diffusion:
            raise ConfigError(
                f"{where}: sweeps: one schedule is learned for an experiment and its small "
                f"models: found {learned[0].diffusion!r} and {recipe.diffusion!r}"
            )
        mixture = recipe.dataset.mixture
        if (mixture.means.tolist(), mixture.std) != (own.means.tolist(), own.std):
            raise ConfigError(
                f"{where}: sweeps: a schedule is learned on the experiment's own points: found "
                "a small model of others with diffusion.name 'learned'"
            )


def number(level: str) -> float:
    """The level of a factor as a number; NaN where it is a word, as `infinite` is."""
    try:
        value = float(level)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _draws(experiment: Experiment, start: Experiment, where: str) -> Iterator[Draw]:
    """Every value of every factor, then of the pairs that are crossed."""
    for factor, values in experiment.sweeps.factors.items():
        for value, override in values.items():
            small = _variant(start, _name(factor, value), override, where)
            yield Draw(factor, value, small)
    for pair in experiment.sweeps.crossed:
        first, second = pair
        for value, other in product(pair[first], pair[second]):
            both = merge(pair[first][value], pair[second][other])
            small = _variant(start, _name(first, value, second, other), both, where)
            yield Draw(first, value, small, second, other)


def _name(*parts: str) -> str:
    """Factors and values, as files of small models are called."""
    return ",".join(
        f"{factor}={value}" for factor, value in zip(parts[::2], parts[1::2], strict=True)
    )


def _variant(experiment: Experiment, name: str, override: dict, where: str) -> Experiment:
    recipe = experiment.model_dump(
        mode="json", exclude={"causes", "sweeps", "following", "handover", "recursion"}
    )
    unknown = set(override) - set(recipe)
    where = f"{where}: sweeps: {name}"
    if unknown:
        raise ConfigError(
            f"{where}: unknown section {min(unknown)!r}; allowed: {', '.join(recipe)}"
        )
    return check(Experiment, merge(recipe, override), where)
