"""What decides a claim: which rows of which tables, and by which rule.

A rule is one of `mirage.metrics.rules`: those that count pool all seeds, the others take one
number a seed.
"""

from typing import ClassVar

from pydantic import model_validator

from mirage_workflow.config.section import Section


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


class Bounded(Statistic):
    """One number a seed, whose mean is to keep a bound."""

    above: float | None = None
    """The number must be above this."""
    below: float | None = None
    """The number must be below this."""

    @model_validator(mode="after")
    def _one(self) -> "Bounded":
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
