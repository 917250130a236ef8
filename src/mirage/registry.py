"""Names for what can be exchanged, whether it comes with Mirage or stands in a user's file.

    from mirage.registry import dataset, detector, figure, filter, metric, option

    @dataset("ring")
    class Ring(Mixture): ...            # mirage.datasets.base, mirage.datasets.gaussians

    @detector("drift")
    class Drift: ...                    # update(x0_hat), value()

    @filter("near")
    def near(scores, rng): ...          # a key for each sample; the smallest are kept

    @metric("spread")
    def spread(samples, scores): ...    # a number, or rows

    @figure("spread")
    def plot(metrics): ...              # tables by their names, to a Figure

Each is then known to the config by its name. Registering imports nothing: what is heavy, or is
not in every step's environment, is imported inside functions.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, dataclass_transform

Thing = TypeVar("Thing")

PREFIX = "mirage_extension_"
"""Of the names that users' files have as modules."""


class RegistryError(ValueError):
    """A name or a file that cannot be registered: one line that begins with FILE:LINE."""


class Registry(dict[str, Any]):
    """What goes by each name, of one kind.

    Args:
        kind: what it is, in a word.
        methods: that each must have.
        bare: whether each is a class that is called without arguments.
        reserved: a folder; the names of the modules in it are taken.
    """

    def __init__(
        self, kind: str, *methods: str, bare: bool = False, reserved: Path | None = None
    ) -> None:
        super().__init__()
        self.kind, self.methods, self.bare, self.reserved = kind, methods, bare, reserved
        self.places: dict[str, str] = {}
        """FILE:LINE where each was registered."""

    def register(self, name: str) -> Callable[[Thing], Thing]:
        """A decorator that registers what it decorates under a name.

        Raises:
            RegistryError: if the name is taken or no name, a method is missing, or what is to
                be called without arguments needs one.
        """
        place = _caller()
        return lambda thing: self.add(name, thing, place)

    def add(self, name: str, thing: Thing, place: str) -> Thing:
        """Register a thing that stands at a place, FILE:LINE; see `register`."""
        what = f"{place}: {self.kind} {name!r}"
        if not re.fullmatch("[a-z][a-z0-9_]*", name):
            raise RegistryError(f"{what}: allowed are small letters, digits and _")
        if taken := self._taken(name):
            raise RegistryError(f"{what} is taken by {taken}")
        missing = [name for name in self.methods if not callable(getattr(thing, name, None))]
        missing += sorted(getattr(thing, "__abstractmethods__", ()))
        if missing:
            raise RegistryError(f"{what} has no {missing[0]}()")
        if self.bare and (needed := _needed(thing)):
            raise RegistryError(f"{what} needs {needed!r} to be made; allowed: defaults alone")
        self[name], self.places[name] = thing, place
        return thing

    def fault(self, name: str, message: str) -> RegistryError:
        """The error of something registered that does not do what it should."""
        return RegistryError(f"{self.places[name]}: {self.kind} {name!r} {message}")

    def _taken(self, name: str) -> str | None:
        module = self.reserved and self.reserved / f"{name}.py"
        return str(module) if module and module.exists() else self.places.get(name)

    def describe(self, name: str) -> str:
        """The first line of what is said of it."""
        return (self[name].__doc__ or "").strip().split("\n")[0]


DATASETS = Registry("dataset", "sample", "label", "measure")
DETECTORS = Registry("detector", "update", "value", bare=True)
FILTERS = Registry("filter", "__call__")
METRICS = Registry("metric", "__call__")
FIGURES = Registry("figure", "__call__", reserved=Path(__file__).with_name("figures"))


def places() -> dict[str, Path]:
    """The file that registers each name, whatever its kind."""
    every = (DATASETS, DETECTORS, FILTERS, METRICS, FIGURES)
    found = [(name, place) for kind in every for name, place in kind.places.items()]
    return {name: Path(place.rpartition(":")[0]).resolve() for name, place in found}


detector = DETECTORS.register
filter = FILTERS.register
metric = METRICS.register
figure = FIGURES.register


def option(default: Any = dataclasses.MISSING, *, doc: str = "", **bounds: Any) -> Any:
    """An option of a dataset: a dataclass field with its default, bounds and meaning.

    Args:
        default: without one, the config must give a value.
        doc: what it means, in a line.
        bounds: that the config keeps its value in: `above`, `at_least`, `below`, `at_most`,
            `multiple_of` for numbers; `shortest` for the length of a string or list;
            `unique=True` for a list in which nothing is named twice.
    """
    kept: dict[str, Any] = {"metadata": {"doc": doc, **bounds}}
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=default.copy, **kept)
    return dataclasses.field(default=default, **kept)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(option,))
def dataset(name: str) -> Callable[[type[Thing]], type[Thing]]:
    """A decorator that registers a class, and makes it a frozen dataclass of its options.

    Raises:
        RegistryError: as `Registry.register`.
    """
    place = _caller()

    def add(kind: type[Thing]) -> type[Thing]:
        options: Any = dataclass(frozen=True, kw_only=True)(kind)
        options.name = name
        return DATASETS.add(name, options, place)

    return add


def load(path: Path | str) -> None:
    """Run a user's file, so that what it registers is known; once for each file.

    Raises:
        RegistryError: if there is no such file, or it fails, with the line where it does.
    """
    path = Path(path).resolve()
    name = PREFIX + path.stem
    known = sys.modules.get(name)
    if known and known.__file__ == str(path):
        return
    if known or not path.is_file():
        reason = f"is called like {known.__file__}" if known else "no such file"
        raise RegistryError(f"{path}:1: {reason}")
    spec: Any = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except RegistryError:
        raise
    except Exception as error:
        line = getattr(error, "lineno", 1)
        raise RegistryError(blame(error) or _one_line(f"{path}:{line}", error)) from None


def blame(error: Exception) -> str | None:
    """FILE:LINE and what went wrong, if an error arose in or below a user's file."""
    own = {module.__file__ for name, module in sys.modules.items() if name.startswith(PREFIX)}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in own:
            return _one_line(f"{frame.filename}:{frame.lineno}", error)
    return None


def _one_line(place: str, error: Exception) -> str:
    return f"{place}: {type(error).__name__}: {' '.join(str(error).split())}"


def _needed(thing: Any) -> str | None:
    """The first argument without which a thing cannot be called."""
    for name, argument in inspect.signature(thing).parameters.items():
        variadic = argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD)
        if argument.default is argument.empty and not variadic:
            return name
    return None


def _caller() -> str:
    """FILE:LINE of who calls the function that calls this."""
    frame = sys._getframe(2)
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
