"""Claims about any metric of the metrics table: in generation 0, and along generations."""

from typing import Literal

from pydantic import NonNegativeInt, PositiveFloat, field_validator, model_validator

from mirage.filters import filters
from mirage.metrics.names import METRICS
from mirage.registry import DETECTORS
from mirage_workflow.config.judging import Window
from mirage_workflow.config.section import one_of
from mirage_workflow.config.statistics.base import Bounded, Statistic
from mirage_workflow.places import REFITTED


class _Metric(Statistic):
    """A metric, and what it is taken at where that is not one thing in a generation."""

    kind = "metrics"
    metric: str
    """A metric of the metrics table."""
    label: str | None = None
    """The label that is counted."""
    detector: str | None = None
    """Whose score is measured."""
    window: Window | None = None
    """First and last step of the score's window, counted from the end."""
    threshold: PositiveFloat | None = None
    """Distance from a mode, in its standard deviations."""
    predicted_class: NonNegativeInt | None = None
    """The class that is counted."""
    segment: NonNegativeInt | None = None
    """The segment whose bridges are counted."""
    objects: NonNegativeInt | None = None
    """Of pictures with how many objects."""

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, name: str) -> str:
        return one_of("metric", name, METRICS)

    @field_validator("detector")
    @classmethod
    def _known_detector(cls, name: str | None) -> str | None:
        return name if name is None else one_of("detector", name, DETECTORS)

    @field_validator("window")
    @classmethod
    def _ordered(cls, window: Window | None) -> Window | None:
        if window is not None and window[0] > window[1]:
            raise ValueError(f"a window is [first, last] with first <= last: found {[*window]}")
        return window

    @model_validator(mode="after")
    def _told_apart(self) -> "_Metric":
        """The keys that the metric needs are given, and none that it does not have."""
        by, told = METRICS[self.metric]
        if other := {*by} - {column for columns in _KEYS.values() for column in columns}:
            raise ValueError(f"{self.metric} differs by {min(other)}, which no claim can say")
        needed, allowed = (
            [key for key in _KEYS if set(_KEYS[key]) <= {*columns}] for columns in (by, by + told)
        )
        for key in _KEYS:
            given = getattr(self, key) is not None
            if given and key not in allowed:
                takes = ", ".join(allowed) or "nothing"
                raise ValueError(f"{self.metric} has no {key}; it is taken at: {takes}")
            if not given and key in needed:
                raise ValueError(f"{self.metric} needs {key}; it is taken at: {', '.join(allowed)}")
        return self

    @property
    def at(self) -> dict[str, str | float]:
        keys = {key: getattr(self, key) for key in _KEYS if getattr(self, key) is not None}
        first_last = dict(zip(("first", "last"), keys.pop("window", ()), strict=False))
        return keys | first_last


_KEYS = {
    "label": ("label",),
    "detector": ("detector",),
    "window": ("first", "last"),
    "threshold": ("threshold",),
    "predicted_class": ("predicted_class",),
    "segment": ("segment",),
    "objects": ("objects",),
}
"""Keys of a claim by which a metric's rows are told apart, and the columns they name."""


class ExcessRate(_Metric):
    """More hits in generation 0 than the floor explains, of a rate that has one."""

    rule = "more_than_floor"
    name: Literal["excess_rate"]
    rate: PositiveFloat
    """That is wanted: that it is smaller refutes the claim."""


class Typical(_Metric, Bounded):
    """A metric of generation 0, mean over seeds; undefined where a seed has too few samples."""

    rule = "typical"
    name: Literal["typical"]


class _Filtered(_Metric, Bounded):
    rule = "ratio"
    filter: str
    """The line of generations that is looked at."""

    @field_validator("filter", "to", check_fields=False)
    @classmethod
    def _known(cls, name: str) -> str:
        return one_of("filter", name, [*filters(), REFITTED])


class Growth(_Filtered):
    """Typical ratio of a metric in a filter's last generation to that in generation 0."""

    name: Literal["growth"]

    @model_validator(mode="after")
    def _not_of_bridges(self) -> "Growth":
        if self.metric.startswith("endpoint_") and self.label == "bridge":
            raise ValueError(
                f"growth of {self.metric} counts tails and noise as bridges; ask bridge_growth"
            )
        return self


class FilterRatio(_Filtered):
    """Typical ratio of a metric in a filter's last generation to another's, on the same seeds."""

    name: Literal["filter_ratio"]
    to: str
    """The filter that it is divided by."""
