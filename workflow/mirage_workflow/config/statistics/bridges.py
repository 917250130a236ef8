"""Claims about bridges: that there are any, where they point, where there are more or fewer."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, field_validator

from mirage.filters import filters
from mirage_workflow.config.section import Unique, one_of
from mirage_workflow.config.statistics.base import Bounded, Statistic


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


class BridgeTrend(Bounded):
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


class BridgeGrowth(Bounded):
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


class SegmentRatio(Bounded):
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
