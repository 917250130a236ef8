"""The `dataset:` section: what any registered dataset has as options, checked from its class."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields
from functools import cache
from typing import Annotated, Any, Literal, Union, get_type_hints

from pydantic import AfterValidator, PlainSerializer, PlainValidator, TypeAdapter, create_model
from pydantic import Field as PydanticField

import mirage.datasets.known  # noqa: F401  registers them
from mirage.datasets.base import NEEDS
from mirage.datasets.base import Dataset as Kind
from mirage.figures.own import arguments
from mirage.registry import DATASETS, FIGURES, METRICS, Registry, RegistryError, blame
from mirage_workflow.config.section import Section, Unique, unregistered

BOUNDS = {
    "above": "gt",
    "at_least": "ge",
    "below": "lt",
    "at_most": "le",
    "multiple_of": "multiple_of",
    "shortest": "min_length",
}
"""What the bounds of `mirage.registry.option` are called by pydantic; `unique` is ours."""


@cache
def section(kind: type[Kind]) -> type[Section]:
    """The checks of a dataset's options, with its name.

    Raises:
        RegistryError: for a bound that there is not, or a type that cannot be checked.
    """
    try:
        hints = get_type_hints(kind, include_extras=True)
        options = {field.name: _checked(field, hints[field.name]) for field in fields(kind)}
        return create_model(
            kind.__name__,
            __base__=Section,
            __doc__=kind.__doc__,
            name=(Literal[kind.name], ...),
            **options,
        )
    except Exception as error:
        raise DATASETS.fault(kind.name, f"{type(error).__name__}: {error}") from error


def _checked(field: Field, hint: Any) -> tuple[Any, Any]:
    """The type of an option, and its default, meaning and bounds."""
    bounds = dict(field.metadata)
    meaning = {"description": bounds.pop("doc", None)}
    if bounds.pop("unique", False):
        hint = Annotated[hint, *Unique.__metadata__]
    if others := set(bounds) - set(BOUNDS):
        allowed = ", ".join([*BOUNDS, "unique"])
        raise ValueError(f"{field.name}: no bound {min(others)!r}; allowed: {allowed}")
    if field.default_factory is not MISSING:
        meaning["default"] = field.default_factory()
    elif field.default is not MISSING:
        meaning["default"] = field.default
    return hint, PydanticField(**meaning, **{BOUNDS[name]: at for name, at in bounds.items()})


def known(registry: Registry, name: Any) -> str:
    """A name that is registered.

    Raises:
        ValueError: with those that are, if it is not.
    """
    if isinstance(name, str) and name in registry:
        return name
    allowed = registry or ["none, as no extension registers one"]
    raise ValueError(unregistered(registry.kind, name, allowed))


def read(values: Any) -> Kind:
    """The dataset that a section describes.

    Raises:
        RegistryError: naming its place, if it is none that the pipeline can run.
    """
    if isinstance(values, Kind):
        return values
    if not isinstance(values, Mapping) or "name" not in values:
        raise ValueError(f"must be a mapping with `name`: found {values!r}")
    kind = DATASETS[known(DATASETS, values["name"])]
    options = dict(section(kind).model_validate(values))
    del options["name"]
    try:
        dataset = kind(**options)
        shape, needless = dataset.shape, set(dataset.needs) - set(NEEDS)
    except Exception as error:
        if told := blame(error):
            raise RegistryError(told) from error
        raise
    if len(shape) not in (1, 3):
        raise DATASETS.fault(kind.name, f"has shape {shape}; allowed: (d,), or (c, h, w)")
    if needless:
        raise DATASETS.fault(kind.name, f"needs {min(needless)!r}; allowed: {', '.join(NEEDS)}")
    return dataset


def write(dataset: Kind) -> dict[str, Any]:
    """The section that describes a dataset."""
    return {"name": dataset.name, **asdict(dataset)}


class _Described:
    """Describes the section in the JSON schema: one of all datasets that are registered."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        sections = Union[tuple(section(DATASETS[name]) for name in sorted(DATASETS))]  # noqa: UP007
        by_name = Annotated[sections, PydanticField(discriminator="name")]
        return handler(TypeAdapter(by_name).core_schema)


Dataset = Annotated[Kind, PlainValidator(read), PlainSerializer(write), _Described()]
"""A dataset, by its name and options."""
Metric = Annotated[str, AfterValidator(lambda name: known(METRICS, name))]


def _plottable(name: str) -> str:
    arguments(known(FIGURES, name))
    return name


Figure = Annotated[str, AfterValidator(_plottable)]
