"""All that a claim may be decided by, told apart by name."""

from typing import Annotated

from pydantic import Field

from mirage_workflow.config.statistics import bridges, causes, detection, metrics

AnyStatistic = Annotated[
    bridges.BridgesExist
    | bridges.TowardsNeighbours
    | bridges.NotTowardsSecond
    | metrics.ExcessRate
    | bridges.BridgeTrend
    | bridges.SegmentRatio
    | causes.SlopeRatio
    | causes.CauseWithinFloor
    | causes.CauseIsFloor
    | causes.CauseExcess
    | causes.CauseRatio
    | metrics.Growth
    | bridges.BridgeGrowth
    | metrics.FilterRatio
    | detection.Kept
    | detection.ToldApart
    | detection.Discard
    | metrics.Typical,
    Field(discriminator="name"),
]
