"""What a claim may be decided by: which rows of which tables, and by which rule.

A rule is one of `mirage.metrics.rules`: those that count pool all seeds, the others take one
number a seed.
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, field_validator, model_validator

from mirage.filters import filters
from mirage.metrics.names import METRICS, THRESHOLDS
from mirage.registry import DETECTORS
from mirage_workflow.config.judging import Window
from mirage_workflow.config.section import Section, Unique, unknown
from mirage_workflow.places import REFITTED


def one_of(what: str, name: str, known: Iterable[str]) -> str:
    """A name that is known.

    Raises:
        ValueError: for any other, with the nearest.
    """
    if name not in known:
        raise ValueError(unknown(what, name, known))
    return name


class Statistic(Section):
    """What decides a claim, measured from one kind of table."""

    kind: ClassVar[str]
    """The tables it is measured from: a key of `deciding` in the rules."""
    rule: ClassVar[str]
    """One of `mirage.metrics.rules.RULES`."""

    @property
    def at(self) -> dict[str, str | float]:
        """Columns that say what the metric is taken at, with their values."""
        return {}


class _Bounded(Statistic):
    """One number a seed, whose mean is to keep a bound."""

    above: float | None = None
    """The number must be above this."""
    below: float | None = None
    """The number must be below this."""

    @model_validator(mode="after")
    def _one(self) -> "_Bounded":
        if (self.above is None) == (self.below is None):
            raise ValueError(f"{self.name} needs one of above, below")
        return self

    @property
    def side(self) -> str:
        """`above` or `below`."""
        return "below" if self.above is None else "above"

    @property
    def bound(self) -> float:
        """What the number is compared with."""
        return getattr(self, self.side)


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
}
"""Keys of a claim by which a metric's rows are told apart, and the columns they name."""


class BridgesExist(Statistic):
    """More bridges than the truth blurred to the model's own width has, and in a direction.

    Tails along the axes have one too, but also a mirror image, outwards of the outer modes: more
    must lie inwards.
    """

    kind, rule = "metrics", "exist"
    metric: ClassVar[str] = "endpoint_rate"
    name: Literal["bridges_exist"]
    rate: PositiveFloat
    """Share of samples on bridges that is wanted: that there are fewer refutes the claim."""

    @property
    def at(self) -> dict[str, str | float]:
        return {"label": "bridge"}


class TowardsNeighbours(Statistic):
    """More of the far samples towards nearest neighbours than random directions give.

    Modes that are stretched towards their neighbours give more too, and so do tails along the
    axes, so that there must be more bridges than wider modes have, and more inwards of the outer
    modes than outwards, besides.
    """

    kind, rule = "metrics", "exist"
    metric: ClassVar[str] = "towards_neighbours"
    name: Literal["towards_neighbours"]
    rate: PositiveFloat
    """Share of samples on bridges that is wanted: that there are fewer refutes the claim."""


class NotTowardsSecond(Statistic):
    """Fewer of the far samples towards second neighbours than random directions give."""

    kind, rule = "metrics", "fewer_than_chance"
    metric: ClassVar[str] = "towards_second_neighbours"
    name: Literal["towards_second_neighbours"]


class ExcessRate(_Metric):
    """More hits in generation 0 than the floor explains, of a rate that has one."""

    rule = "more_than_floor"
    name: Literal["excess_rate"]
    rate: PositiveFloat
    """That is wanted: that it is smaller refutes the claim."""


class BridgeTrend(_Bounded):
    """Power, in a factor, of what lies inwards of the outer modes and has no mirror image."""

    kind, rule = "sweeps", "trend"
    metric: ClassVar[str] = "inwards"
    name: Literal["bridge_trend"]
    factor: str
    """A factor of the experiment's sweeps; its numeric levels are used."""
    over: str | None = None
    """A factor that it is crossed with, whose levels are taken together: as many samples of each
    at every level of the first, on the same seeds."""
    rate: PositiveFloat
    """Share on bridges that is wanted at one level at least: without there is no trend of any."""


class SegmentRatio(_Bounded):
    """Typical ratio of bridges a length on one segment to the thinnest of others, seed by seed.

    What modes of the model's own width show is taken off, and there must be bridges.
    """

    kind, rule = "metrics", "thinner"
    metric: ClassVar[str] = "segment_rate_per_std"
    name: Literal["segment_ratio"]
    of: NonNegativeInt
    """The segment that is looked at; on a line they are numbered from the left."""
    to: Annotated[Unique[NonNegativeInt], Field(min_length=1)]
    """Those that it is compared with, of which the thinnest counts."""
    rate: PositiveFloat
    """Share on bridges, of all segments, by which they are looked for."""

    @property
    def at(self) -> dict[str, str | float]:
        return {"segment": self.of}


class SlopeRatio(_Bounded):
    """Typical slope of the learned score at midpoints over the true one, mean over pairs."""

    kind, rule = "slopes", "typical"
    name: Literal["slope_ratio"]
    noise_fraction: float
    """One of `causes.noise_fractions`."""


Model = Literal["true", "empirical", "learned"]
Sampler = Literal["ddpm", "ddim", "ddim_few", "ddim_few_tail", "ddpm_fine"]


class Cell(Section):
    """One model with one sampler."""

    model: Model
    """Whose score is sampled with."""
    sampler: Sampler
    """One of the walks of the decomposition of causes."""


class _Cause(Statistic):
    kind = "causes"
    metric: ClassVar[str] = "beyond_rate"
    threshold: float = 5
    """Standard deviations from every mode beyond which samples are counted."""
    of: Cell
    """What is looked at."""

    @field_validator("threshold")
    @classmethod
    def _measured(cls, threshold: float) -> float:
        if threshold not in THRESHOLDS:
            allowed = ", ".join(map(str, THRESHOLDS))
            raise ValueError(f"rates are measured beyond {allowed}: found {threshold:g}")
        return threshold

    @property
    def at(self) -> dict[str, str | float]:
        return {"threshold": self.threshold}


class CauseWithinFloor(_Cause):
    """No more samples beyond the threshold than a multiple of a perfect sampler's."""

    rule = "no_more_than_floor"
    name: Literal["cause_within_floor"]
    margin: Annotated[float, Field(gt=1)]
    """In floors."""


class CauseIsFloor(_Cause):
    """As many samples beyond the threshold as a perfect sampler shows, to a factor."""

    rule = "same_as_floor"
    name: Literal["cause_is_floor"]
    margin: Annotated[float, Field(gt=1)]
    """The factor, on either side."""


class CauseExcess(_Cause):
    """More samples beyond the threshold than with another model or sampler, by counts."""

    rule = "more_than_other"
    name: Literal["cause_excess"]
    than: Cell
    """What it is compared with, which may rest on few samples."""


class CauseRatio(_Cause, _Bounded):
    """Typical ratio of the rates of two models or samplers on the same seeds."""

    rule = "ratio"
    name: Literal["cause_ratio"]
    to: Cell
    """What it is divided by."""
    beyond_true: bool = False
    """Whether of either rate that of the true score with the same sampler is taken off first:
    what is left is not the sampler's own error."""


class _Filtered(_Metric, _Bounded):
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


class BridgeGrowth(_Bounded):
    """Typical ratio, last generation to generation 0, of what lies inwards and has no image.

    There must be bridges in the last generation, by the rule for those of generation 0.
    """

    kind, rule = "metrics", "bridge_growth"
    metric: ClassVar[str] = "inwards"
    name: Literal["bridge_growth"]
    filter: str
    """The line of generations that is looked at."""
    rate: PositiveFloat
    """Share of samples on bridges that is wanted in the last generation."""

    @field_validator("filter")
    @classmethod
    def _known(cls, name: str) -> str:
        return one_of("filter", name, filters())


class FilterRatio(_Filtered):
    """Typical ratio of a metric in a filter's last generation to another's, on the same seeds."""

    name: Literal["filter_ratio"]
    to: str
    """The filter that it is divided by."""


class Typical(_Metric, _Bounded):
    """A metric of generation 0, mean over seeds; undefined where a seed has too few samples."""

    rule = "typical"
    name: Literal["typical"]


class _Transferred(_Bounded):
    kind = "transfer"
    choice: Literal["scoring", "official", "best"] = "scoring"
    """The window: the experiment's own, that of the official code, or the best by AUROC, chosen
    on samples that neither its threshold is found on nor itself is judged by."""

    @property
    def at(self) -> dict[str, str | float]:
        return {"choice": self.choice}


class Kept(_Transferred):
    """Share of valid samples kept by the threshold that finds 95 % of the hallucinations.

    The threshold is found on one half of generation 0, the share on the other, where the
    share of the hallucinations that it finds is told beside: it must be clearly above 90 %.
    """

    rule = "kept"
    name: Literal["kept_at_95_found"]


class ToldApart(_Transferred):
    """Area under the ROC curve on one half of generation 0."""

    rule = "told_apart"
    name: Literal["auroc"]


class Discard(_Transferred):
    """What dropping the official code's share of samples, those highest in Hal, is worth.

    On one half of generation 0: the share of the hallucinations that goes (`recall`), or the
    share of what goes that are hallucinations (`precision`).
    """

    rule = "discard"
    name: Literal["discard"]
    share: Literal["recall", "precision"]
    """Of the two."""


AnyStatistic = Annotated[
    BridgesExist
    | TowardsNeighbours
    | NotTowardsSecond
    | ExcessRate
    | BridgeTrend
    | SegmentRatio
    | SlopeRatio
    | CauseWithinFloor
    | CauseIsFloor
    | CauseExcess
    | CauseRatio
    | Growth
    | BridgeGrowth
    | FilterRatio
    | Kept
    | ToldApart
    | Discard
    | Typical,
    Field(discriminator="name"),
]
