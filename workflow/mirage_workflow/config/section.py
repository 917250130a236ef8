"""The base of every config section: frozen, described, and strict about its keys."""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A part of the config. Unknown keys are refused with the allowed ones."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:
                if key not in cls.model_fields:
                    message = unknown("key", key, cls.model_fields)
                    context = {"message": message, "key": key}
                    raise PydanticCustomError("unknown_key", "{message}", context)
        return values


def unknown(kind: str, name: Any, allowed: Iterable[str]) -> str:
    """What is said of a name that is not among those allowed."""
    allowed = list(allowed)
    near = difflib.get_close_matches(str(name), allowed, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"unknown {kind} {name!r}{hint}; allowed: {', '.join(allowed)}"


def unregistered(kind: str, name: Any, registered: Iterable[str]) -> str:
    """The same of a name that a user's file may register."""
    said = unknown(kind, name, registered)
    return f"{said} (of your own? name its file in `extensions`)"


def one_of(what: str, name: str, known: Iterable[str]) -> str:
    """A name that is known.

    Raises:
        ValueError: for any other, with the nearest.
    """
    if name not in known:
        raise ValueError(unknown(what, name, known))
    return name


def require_known(kind: str, name: str, info: ValidationInfo, key: str = "") -> None:
    """Refuse a name that is not registered, where what is registered is told.

    Args:
        kind: `detector` or `filter`.
        name: to look up.
        info: of the check; its context has the names of each kind, in the plural.
        key: that the error begins with.
    """
    allowed = (info.context or {}).get(f"{kind}s")
    if allowed is not None and name not in allowed:
        raise ValueError(f"{key}{unregistered(kind, name, allowed)}")


def _unique(values: list) -> list:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"each may be named once: found {value!r} twice")
    return values


Item = TypeVar("Item")
Unique = Annotated[list[Item], AfterValidator(_unique)]
"""A list in which nothing is named twice."""
