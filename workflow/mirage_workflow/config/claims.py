"""config/claims.yaml: each claim in a sentence, and the number that decides it."""

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import yaml
from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    field_validator,
    model_validator,
)

from mirage.filters import filters
from mirage.metrics.names import METRICS, THRESHOLDS
from mirage.registry import DETECTORS
from mirage_workflow.config.check import ConfigError, check
from mirage_workflow.config.recipe import Window
from mirage_workflow.config.section import Section, Unique


class Statistic(Section):
    """A number per seed, measured from one kind of table."""

    kind: ClassVar[str]
    """The tables it is measured from: a key of `TABLES` in the rules."""

    @property
    def at(self) -> dict[str, str | float]:
        """Columns that say what the metric is taken at, with their values."""
        return {}


class Metric(Statistic):
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

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, name: str) -> str:
        return _one_of("metric", name, METRICS)

    @field_validator("detector")
    @classmethod
    def _known_detector(cls, name: str | None) -> str | None:
        return name if name is None else _one_of("detector", name, DETECTORS)

    @field_validator("window")
    @classmethod
    def _ordered(cls, window: Window | None) -> Window | None:
        if window is not None and window[0] > window[1]:
            raise ValueError(f"a window is [first, last] with first <= last: found {[*window]}")
        return window

    @model_validator(mode="after")
    def _told_apart(self) -> "Metric":
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
        """The columns of the metrics table that are named, with their values."""
        keys = {key: getattr(self, key) for key in _KEYS if getattr(self, key) is not None}
        first_last = dict(zip(("first", "last"), keys.pop("window", ()), strict=False))
        return keys | first_last


_KEYS = {
    "label": ("label",),
    "detector": ("detector",),
    "window": ("first", "last"),
    "threshold": ("threshold",),
    "predicted_class": ("predicted_class",),
}
"""Keys of a claim by which a metric's rows are told apart, and the columns they name."""


def _one_of(what: str, name: str, known: Iterable[str]) -> str:
    if name not in known:
        near = difflib.get_close_matches(name, list(known), n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"unknown {what} {name!r}{hint}; allowed: {', '.join(known)}")
    return name


class ExcessRate(Metric):
    """A rate of generation 0 less its floor, what a perfect sampler would show."""

    name: Literal["excess_rate"]
    metric: str = "hallucination_rate"
    """A rate of the metrics table that has a floor."""


class _Filtered(Metric):
    filter: str
    """The line of generations that is looked at."""

    @field_validator("filter", "against", check_fields=False)
    @classmethod
    def _known(cls, name: str) -> str:
        return _one_of("filter", name, filters())


class Growth(_Filtered):
    """A metric in a filter's last generation less that in generation 0."""

    name: Literal["growth"]


class FilterDifference(_Filtered):
    """A metric in a filter's last generation less that of another filter, seed by seed."""

    name: Literal["filter_difference"]
    against: str
    """The filter that is subtracted."""


Model = Literal["true", "empirical", "learned"]
Sampler = Literal["ddpm", "ddim", "ddim_few", "ddim_few_tail", "ddpm_fine"]


class Cell(Section):
    """One model with one sampler."""

    model: Model
    """Whose score is sampled with."""
    sampler: Sampler
    """One of the walks of the decomposition of causes."""


class CauseDifference(Statistic):
    """Rate beyond some standard deviations with one model and sampler, less another's."""

    kind = "causes"
    name: Literal["cause_difference"]
    metric: ClassVar[str] = "beyond_rate"
    threshold: float = 5
    """The standard deviations."""
    of: Cell
    """What is looked at."""
    less: Cell | Literal["floor"] = "floor"
    """What is subtracted; `floor` is what a perfect sampler would show."""

    @field_validator("threshold")
    @classmethod
    def _measured(cls, threshold: float) -> float:
        if threshold not in THRESHOLDS:
            allowed = ", ".join(map(str, THRESHOLDS))
            raise ValueError(f"rates are measured beyond {allowed}: found {threshold:g}")
        return threshold

    @property
    def at(self) -> dict[str, float]:
        """The threshold, by the column that holds it."""
        return {"threshold": self.threshold}


class Trend(Statistic):
    """Rise of the hallucination rate along a factor: log10 rate per tenfold level."""

    kind = "sweeps"
    metric: ClassVar[str] = "hallucination_rate"
    name: Literal["trend"]
    factor: str
    """A factor of the experiment's sweeps; its numeric levels are used."""


class LevelDifference(Statistic):
    """Hallucination rate at one level of a factor less that at another."""

    kind = "sweeps"
    metric: ClassVar[str] = "hallucination_rate"
    name: Literal["level_difference"]
    factor: str
    """A factor of the experiment's sweeps."""
    of: str
    """The level that is looked at."""
    less: str
    """The level that is subtracted."""


class SlopeRatio(Statistic):
    """Slope of the learned score at midpoints over the true one, mean over pairs."""

    kind = "slopes"
    name: Literal["slope_ratio"]
    noise_fraction: float
    """One of `causes.noise_fractions`."""


class SlopeRateRelation(Statistic):
    """R squared of pairs' hallucination rates on their slope ratios over training."""

    kind = "followed"
    name: Literal["slope_rate_r_squared"]
    noise_fraction: float
    """One of `causes.noise_fractions`."""


class PlaceExcess(Statistic):
    """Share of hallucinations in a place less the share by chance."""

    kind = "bridges"
    name: Literal["place_excess"]
    place: Literal["nearest", "diagonal", "elsewhere"]
    """On segments of nearest neighbours, of diagonal ones, or on neither."""


class Kept(Statistic):
    """Share of valid samples kept by the threshold that finds 95 % of the hallucinations.

    The threshold is found on one half of generation 0, the share on the other.
    """

    kind = "transfer"
    name: Literal["kept_at_95_found"]


class Wanted(Section):
    """The bound that the number must keep for the claim to hold."""

    above: float | None = None
    below: float | None = None
    within: NonNegativeFloat | None = None
    """Of zero, on either side."""

    @model_validator(mode="after")
    def _one(self) -> "Wanted":
        if len(self.model_fields_set) != 1:
            raise ValueError("needs one of above, below, within")
        return self

    @property
    def side(self) -> str:
        """On which side of the bound: `above`, `below` or `within`."""
        (name,) = self.model_fields_set
        return name

    @property
    def bound(self) -> float:
        """The bound itself."""
        return getattr(self, self.side)


AnyStatistic = Annotated[
    ExcessRate
    | Growth
    | FilterDifference
    | CauseDifference
    | Trend
    | LevelDifference
    | SlopeRatio
    | SlopeRateRelation
    | PlaceExcess
    | Kept,
    Field(discriminator="name"),
]


class Claim(Section):
    """One claim, decided for each of its experiments."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Names the claim in tables."""
    claim: str
    """One sentence."""
    source: str
    """Where the claim stands, with its tag: P the paper, S second-hand, C the official code."""
    experiments: Unique[str] = Field(min_length=1)
    """Files of config/experiments, without .yaml; each gives one row of the ledger."""
    statistic: AnyStatistic
    """The number that decides it, measured once per seed."""
    wanted: Wanted
    """The bound that its interval must keep."""
    refuted: str
    """What would refute it, in words."""
    figure: str
    """The experiment's figure that shows it."""


class Claims(Section):
    """All claims, in the order of the ledger."""

    claims: Annotated[list[Claim], Field(min_length=1)]
    """Decided one by one; nothing of one depends on another."""

    @field_validator("claims")
    @classmethod
    def _once(cls, claims: list[Claim]) -> list[Claim]:
        names = [claim.id for claim in claims]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"each id may be used once: found {name!r} twice")
        return claims


def read_claims(path: Path, experiments: Collection[str]) -> list[Claim]:
    """Read the claims and check every name in them.

    Args:
        path: of the YAML file.
        experiments: all that there are, whether part of this run or not.

    Raises:
        ConfigError: for text that is not YAML, an unknown statistic, experiment or filter,
            and anything else that cannot be decided.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    claims = check(Claims, values, str(path)).claims
    for claim in claims:
        for name in claim.experiments:
            if name not in experiments:
                raise ConfigError(
                    f"{path}: {claim.id}: experiments: unknown experiment {name!r}; "
                    f"allowed: {', '.join(sorted(experiments))}"
                )
    return claims
