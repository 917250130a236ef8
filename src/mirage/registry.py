"""Names for what can be exchanged, whether it comes with Mirage or stands in a user's file.

    from mirage.registry import detector, filter

    @detector("drift")
    class Drift: ...

    @filter("near")
    def near(scores, rng): ...

A detector or a filter is then known to the config by its name.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Thing = TypeVar("Thing")


class RegistryError(ValueError):
    """A name or a file that cannot be registered: one line that begins with FILE:LINE."""


class Registry(dict[str, Any]):
    """What goes by each name, of one kind.

    Args:
        kind: what it is, in a word.
        methods: that each must have.
    """

    def __init__(self, kind: str, *methods: str) -> None:
        super().__init__()
        self.kind, self.methods = kind, methods
        self.places: dict[str, str] = {}
        """FILE:LINE where each was registered."""

    def register(self, name: str) -> Callable[[Thing], Thing]:
        """A decorator that registers what it decorates under a name.

        Raises:
            RegistryError: if the name is taken or no name, or a method is missing.
        """
        caller = sys._getframe(1)
        place = f"{caller.f_code.co_filename}:{caller.f_lineno}"

        def add(thing: Thing) -> Thing:
            if not re.fullmatch("[a-z][a-z0-9_]*", name):
                raise RegistryError(
                    f"{place}: {self.kind} {name!r}: allowed are small letters, digits and _"
                )
            if name in self:
                raise RegistryError(
                    f"{place}: {self.kind} {name!r} is taken by {self.places[name]}"
                )
            for method in self.methods:
                if not callable(getattr(thing, method, None)):
                    raise RegistryError(f"{place}: {self.kind} {name!r} has no {method}()")
            self[name], self.places[name] = thing, place
            return thing

        return add

    def describe(self, name: str) -> str:
        """The first line of what is said of it."""
        return (self[name].__doc__ or "").strip().split("\n")[0]


DETECTORS = Registry("detector", "update", "value")
FILTERS = Registry("filter", "__call__")

detector = DETECTORS.register
filter = FILTERS.register


def load(path: Path | str) -> None:
    """Run a user's file, so that what it registers is known; once for each file.

    Raises:
        RegistryError: if there is no such file, or it fails, with the line where it does.
    """
    path = Path(path).resolve()
    name = f"mirage_extension_{path.stem}"
    known = sys.modules.get(name)
    if known and known.__file__ == str(path):
        return
    if known or not path.is_file():
        reason = f"is called like {known.__file__}" if known else "no such file"
        raise RegistryError(f"{path}:1: {reason}")
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except RegistryError:
        raise
    except Exception as error:
        passed = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in passed if frame.filename == str(path)]
        line = lines[-1] if lines else getattr(error, "lineno", 1)
        raise RegistryError(f"{path}:{line}: {type(error).__name__}: {error}") from None
