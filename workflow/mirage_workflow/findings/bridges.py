"""Bridges: whether there are any, where they point, where there are more or fewer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from mirage.metrics import existence, magnitude
from mirage.metrics.names import AT
from mirage.metrics.segments import log_ratio
from mirage.metrics.verdicts import ALPHA, Evidence, all_of
from mirage_workflow.config.statistics import bridges as ask
from mirage_workflow.findings.cells import (
    NotMeasuredError,
    expected_of,
    hits_of,
    in_generation,
    last_generation,
    paired,
    share_of,
)
from mirage_workflow.findings.found import Found, by_seed, judged, pooled


@dataclass(frozen=True)
class _Bridges:
    """What a generation shows of bridges, each with rows by seed."""

    rates: pd.DataFrame
    towards: pd.DataFrame
    inwards: pd.DataFrame

    @classmethod
    def of(cls, metrics: pd.DataFrame, *generation) -> "_Bridges":
        """Of those seeds that have all."""
        rates = in_generation(metrics, "endpoint_rate", {"label": "bridge"}, *generation)
        looks = (
            in_generation(metrics, name, None, *generation)
            for name in ("towards_neighbours", "inwards")
        )
        return cls(*paired(rates, *looks))

    @property
    def floor(self) -> float:
        """The rate that modes as wide as the model's show."""
        return share_of(expected_of(self.rates, "blurred"), self.rates)

    def exist(self, rate: float) -> Evidence:
        """Above the floor of widening, in a direction, and with no mirror image."""
        hits, wanted = hits_of(self.rates), rate * self.rates["n"].sum()
        floor = existence.more_than_floor(hits, expected_of(self.rates, "blurred"), wanted)
        chance = existence.more_than_chance(
            hits_of(self.towards), self.towards["n"], expected_of(self.towards, "floor")
        )
        mirror = existence.more_than_mirror(hits_of(self.inwards), self.inwards["n"])
        return all_of(floor, chance, mirror)

    def plan(self, rate: float, alpha: float) -> float:
        """Samples that show a rate to be above the floor, and to have no mirror image."""
        on = hits_of(self.rates).sum()
        share = min(hits_of(self.inwards).sum() / on, 1) if on else 1.0
        pointing = existence.samples_to_point(rate * share, alpha) if share else 0.0
        return max(existence.samples_to_find(self.floor, rate, alpha), pointing)


def _bridges_exist(statistic: ask.BridgesExist, metrics: pd.DataFrame) -> Found:
    bridges = _Bridges.of(metrics)
    rates, evidence = bridges.rates, bridges.exist(statistic.rate)
    plan = partial(bridges.plan, statistic.rate)
    return pooled(hits_of(rates), rates["n"], "above", bridges.floor, evidence, plan)


def _towards(statistic: ask.TowardsNeighbours, metrics: pd.DataFrame) -> Found:
    bridges = _Bridges.of(metrics)
    return _directed(bridges.towards, "above", bridges.exist(statistic.rate))


def _not_towards(statistic: ask.NotTowardsSecond, metrics: pd.DataFrame) -> Found:
    looks = in_generation(metrics, statistic.metric)
    rule = existence.fewer_than_chance
    return _directed(looks, "below", rule(hits_of(looks), looks["n"], expected_of(looks, "floor")))


def _directed(looks: pd.DataFrame, side: str, evidence: Evidence) -> Found:
    chance = share_of(expected_of(looks, "floor"), looks)
    return pooled(hits_of(looks), looks["n"], side, chance, evidence)


def _bridge_growth(statistic: ask.BridgeGrowth, metrics: pd.DataFrame) -> Found:
    last = _Bridges.of(metrics, last_generation(metrics, statistic.filter), statistic.filter)
    ratios, rises = _rises([1, 10], [_Bridges.of(metrics), last])
    found = by_seed(statistic, np.log(10) * ratios, np.log, np.exp)
    parts = found.evidence, judged(statistic, rises), last.exist(statistic.rate)
    return replace(found, evidence=all_of(*parts))


def _bridge_trend(statistic: ask.BridgeTrend, sweeps: pd.DataFrame) -> Found:
    sweeps = _of_factor(sweeps, statistic.factor, statistic.over)
    levels = sorted(sweeps["level_number"].unique())
    if len(levels) < 2:
        raise NotMeasuredError(f"factor {statistic.factor!r} has fewer than two levels in this run")
    cells = [_Bridges.of(sweeps[sweeps["level_number"] == level]) for level in levels]
    exist = [cell.exist(statistic.rate).holds for cell in cells]
    # With too few seeds to tell there is no evidence, and a number all the same.
    if not any(np.isnan(p) or p <= ALPHA for p in exist):
        raise NotMeasuredError("there are bridges at no level")
    slopes, contrasts = _rises(levels, cells)
    found = by_seed(statistic, slopes)
    return replace(found, evidence=all_of(found.evidence, judged(statistic, contrasts)))


def _rises(levels: Sequence[float], cells: Sequence[_Bridges]) -> tuple[pd.Series, pd.Series]:
    """How bridges rise along levels, by seed, on the two scales of `magnitude.trend`."""
    seeds = paired(*(cell.rates for cell in cells))[0].index
    hits, looked, n = (
        np.stack([of(cell) for cell in cells])
        for of in (
            lambda cell: hits_of(cell.inwards.loc[seeds]),
            lambda cell: cell.inwards.loc[seeds, "n"],
            lambda cell: cell.rates.loc[seeds, "n"],
        )
    )
    slopes, contrasts = magnitude.trend(levels, hits, looked, n)
    return pd.Series(slopes, seeds), pd.Series(contrasts, seeds)


def _of_factor(sweeps: pd.DataFrame, factor: str, over: str | None) -> pd.DataFrame:
    """Rows of a factor's numeric levels: alone, or all levels of another taken together."""
    if over is None:
        rows = sweeps[(sweeps["factor"] == factor) & sweeps["second_factor"].isna()]
        return rows[rows["level_number"] > 0]
    swapped = {"factor": "second_factor", "level": "second_level"}
    swapped |= {"level_number": "second_level_number"}
    either = pd.concat(
        [sweeps, sweeps.rename(columns=swapped | {b: a for a, b in swapped.items()})]
    )
    cells = either[(either["factor"] == factor) & (either["second_factor"] == over)]
    cells = cells[cells["level_number"] > 0]
    place = ["seed", "filter", "generation", "level_number", "metric", *AT]
    counts = cells[["value", "floor", "blurred"]].mul(cells["n"], axis=0).fillna(0)
    together = counts.assign(n=cells["n"]).groupby([cells[name] for name in place], dropna=False)
    sums = together.sum()
    rates = sums[list(counts)].div(sums["n"], axis=0)
    return rates.assign(n=sums["n"]).reset_index()


def _segment_ratio(statistic: ask.SegmentRatio, metrics: pd.DataFrame) -> Found:
    if _Bridges.of(metrics).exist(statistic.rate).holds > ALPHA:
        raise NotMeasuredError("there are no bridges to compare")
    segments = [statistic.of, *statistic.to]
    rates, per_std = (
        paired(*(in_generation(metrics, name, {"segment": segment}) for segment in segments))
        for name in ("segment_rate", "segment_rate_per_std")
    )
    # The upper end of a rate is never zero.
    lengths = [
        float((rate["high"] / of["high"]).iloc[0]) for rate, of in zip(rates, per_std, strict=True)
    ]
    hits, floors = (
        np.stack([counts(rate) for rate in rates])
        for counts in (hits_of, lambda rate: expected_of(rate, "blurred"))
    )
    ratios = log_ratio(hits, floors, lengths, 0, range(1, len(segments)))
    found = by_seed(statistic, pd.Series(ratios, rates[0].index), np.log, np.exp)
    return replace(found, n=float(rates[0]["n"].sum()))


FINDERS = {
    ask.BridgesExist: _bridges_exist,
    ask.TowardsNeighbours: _towards,
    ask.NotTowardsSecond: _not_towards,
    ask.BridgeGrowth: _bridge_growth,
    ask.BridgeTrend: _bridge_trend,
    ask.SegmentRatio: _segment_ratio,
}
