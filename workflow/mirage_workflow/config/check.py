"""Values become checked sections, or one clear line of error."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from mirage.filters import filters
from mirage.registry import DETECTORS
from mirage_workflow.config.section import Section

Model = TypeVar("Model", bound=Section)


class ConfigError(ValueError):
    """A setting that cannot work: its file, its key, what was found, what is allowed."""


def merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """Lay a sparse override over nested dictionaries; other values are replaced.

    So is a schedule by one of another name, as they have nothing in common.
    """
    merged = dict(base)
    for key, value in override.items():
        both_dicts = isinstance(value, dict) and isinstance(merged.get(key), dict)
        if both_dicts and key == "diffusion":
            named = merged[key].get("name", "linear")
            both_dicts = value.get("name", named) == named
        merged[key] = merge(merged[key], value) if both_dicts else value
    return merged


def check(
    model: type[Model],
    values: Any,
    where: str,
    said_in: Callable[[list[str | int]], str] = lambda key: "",
) -> Model:
    """Values as a section, or one line of error that begins with `where`.

    Names of detectors and filters are looked up here: a job, which is told only what was
    checked, does not depend on the filters that it does not use.

    Args:
        said_in: what is added to a fault of a key, to tell where it stands.
    """
    known = {"detectors": [*DETECTORS], "filters": [*filters()]}
    try:
        return model.model_validate(values, context=known)
    except ValidationError as error:
        faults = "; ".join(_describe(fault, said_in) for fault in error.errors())
        raise ConfigError(f"{where}: {faults}") from None


def _describe(fault: Any, said_in: Callable[[list[str | int]], str]) -> str:
    location = list(fault["loc"])
    if location[:1] in (["network"], ["diffusion"]):
        del location[1:2]  # pydantic's tag of the kind, no key of the file
    key = ".".join(repr(str(part))[1:-1] for part in location)  # a key may be unprintable
    message = fault["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if fault["type"] == "unknown_key":
        location.append(fault["ctx"]["key"])
    elif fault["type"] == "value_error" and not key:
        location = re.match(r"[\w.]*", message)[0].split(".")  # a check of several keys names one
    elif fault["type"] == "value_error" and isinstance(fault["input"], dict):
        named = re.match(r"(\w+): ", message)
        location = [*location, named[1]] if named else []  # of a section, no file is to blame
    elif fault["type"] != "value_error" and not isinstance(fault["input"], dict):
        message += f": found {fault['input']!r}"
    message += said_in(location) if location else ""
    return f"{key}: {message}" if key else message
