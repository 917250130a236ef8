"""What is asked of an experiment beyond its own run: causes, and what drives the rate."""

from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from mirage_workflow.config.section import Section, Unique


class Causes(Section):
    """Each sampler with the true, the empirical and the learned score of generation 0."""

    true_samples: PositiveInt
    """Samples drawn with the true score, by each sampler."""
    empirical_samples: PositiveInt
    """Samples drawn with the score of the training points; each costs as many terms a step."""
    learned_samples: PositiveInt
    """Samples drawn with the network."""
    few_steps: Annotated[int, Field(ge=2)] = 50
    """Steps of the short walks."""
    tail: PositiveInt = 5
    """The last so many of them are DDPM's in the walk with a tail."""
    noise_fractions: Unique[PositiveFloat] = Field([0.25, 0.5, 1.0], min_length=1)
    """Noise levels at which scores are compared, over half the spacing of the modes."""

    @model_validator(mode="after")
    def _tail_within(self) -> "Causes":
        if self.tail > self.few_steps:
            raise ValueError(f"tail must be at most few_steps, {self.few_steps}: found {self.tail}")
        return self


Name = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
Value = Annotated[str, BeforeValidator(str), Field(pattern=r"^[A-Za-z0-9._-]+$")]
Override = dict[str, Any]


Levels = Annotated[dict[Value, Override], Field(min_length=1)]
Crossing = Annotated[dict[Name, Levels], Field(min_length=2, max_length=2)]


class Sweeps(Section):
    """Small models, each like a base but for one thing, or for two."""

    base: Override = {}
    """Overrides of this experiment's recipe that make the base of all small models."""
    factors: dict[Name, dict[Value, Override]] = {}
    """Per factor and value, overrides of the base; {} is the base itself."""
    crossed: list[Crossing] = []
    """Pairs of factors: a small model for each level of the one with each of the other, where
    overrides of the second are laid over those of the first."""
    snapshots: Unique[PositiveInt] = []
    """Updates of the base after which slopes and rates are compared; none if empty."""
    replicates: Annotated[int, Field(ge=2)] | None = None
    """Data, training and sampling seeds each, to split the variance of the base's rate;
    null for none."""

    @field_validator("crossed")
    @classmethod
    def _crossed_once(cls, crossed: list[Crossing]) -> list[Crossing]:
        pairs = [set(pair) for pair in crossed]
        for pair in pairs:
            if pairs.count(pair) > 1:
                raise ValueError(f"each pair may be crossed once: found {sorted(pair)} twice")
        return crossed
