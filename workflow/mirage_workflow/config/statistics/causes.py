"""Claims about causes: far samples by model and sampler, and the slope of the learned score."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from mirage.metrics.names import THRESHOLDS
from mirage_workflow.config.section import Section
from mirage_workflow.config.statistics.base import Bounded, Statistic

Model = Literal["true", "empirical", "learned"]
Sampler = Literal["ddpm", "ddim", "ddim_few", "ddim_few_tail", "ddpm_fine"]


class Cell(Section):
    """One model with one sampler."""

    model: Model
    """Whose score is sampled with."""
    sampler: Sampler
    """One of the walks of the decomposition of causes."""


class Cause(Statistic):
    """The rate of far samples with one model and sampler, by itself or against another."""

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


class CauseWithinFloor(Cause):
    """No more samples beyond the threshold than a multiple of a perfect sampler's."""

    rule = "no_more_than_floor"
    name: Literal["cause_within_floor"]
    margin: Annotated[float, Field(gt=1)]
    """In floors."""


class CauseIsFloor(Cause):
    """As many samples beyond the threshold as a perfect sampler shows, to a factor."""

    rule = "same_as_floor"
    name: Literal["cause_is_floor"]
    margin: Annotated[float, Field(gt=1)]
    """The factor, on either side."""


class CauseExcess(Cause):
    """More samples beyond the threshold than with another model or sampler, by counts."""

    rule = "more_than_other"
    name: Literal["cause_excess"]
    than: Cell
    """What it is compared with, which may rest on few samples."""


class CauseRatio(Cause, Bounded):
    """Typical ratio of the rates of two models or samplers on the same seeds."""

    rule = "ratio"
    name: Literal["cause_ratio"]
    to: Cell
    """What it is divided by."""
    beyond_true: bool = False
    """Whether of either rate that of the true score with the same sampler is taken off first:
    what is left is not the sampler's own error."""


class SlopeRatio(Bounded):
    """Typical slope of the learned score at midpoints over the true one, mean over pairs."""

    kind, rule = "slopes", "typical"
    name: Literal["slope_ratio"]
    noise_fraction: float
    """One of `causes.noise_fractions`."""
