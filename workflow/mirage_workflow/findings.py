"""What the tables of a run say of a claim: rows as arrays, and the library's rules on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mirage.metrics import existence, magnitude, rows
from mirage.metrics.copies import too_many
from mirage.metrics.names import AT
from mirage.metrics.segments import log_ratio
from mirage.metrics.verdicts import ALPHA, LEAST_SEEDS, Evidence, all_of
from mirage_workflow.config import statistics as ask

Plan = Callable[[float], float]
"""Samples with which the effect that is wanted is found, power 0.95, at an alpha."""


FLATTEST = 0.01
"""A slope over the true one that is smaller, or has the other sign, counts as this."""


class NotMeasuredError(Exception):
    """The tables of a run lack what a claim is decided by."""


@dataclass(frozen=True)
class Found:
    """A number beside its bound, and the evidence that it is on the right side of it."""

    value: float
    low: float
    high: float
    """95 % interval: of counts pooled, Wilson; of numbers by seed, Student's t."""
    wanted: str
    """On which side of the bound the value should be: `above`, `below` or `within`."""
    bound: float
    seeds: int
    evidence: Evidence
    n: float = np.nan
    """Samples, of all seeds."""
    plan: Plan | None = None
    sensitivity: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    """Of thresholds, on samples that they were not found on, with its 95 % interval (Wilson)."""
    reason: str = ""
    """Why there is no number."""
    unclear: str = ""
    """Why there may be no verdict on one."""


def find(statistic: ask.Statistic, table: pd.DataFrame | None) -> Found:
    """What a table says of a claim; nothing, with the reason, where it lacks what it takes.

    Args:
        statistic: that decides it.
        table: of the statistic's kind; None if the run has none.
    """
    try:
        if table is None or table.empty:
            raise NotMeasuredError("not part of this run")
        return FINDERS[type(statistic)](statistic, table)
    except NotMeasuredError as error:
        nothing = Evidence(np.nan, np.nan)
        return Found(np.nan, np.nan, np.nan, "", np.nan, 0, nothing, reason=str(error))


# --- counts, pooled over seeds ------------------------------------------------------------------


def _pooled(
    hits: pd.Series,
    n: pd.Series,
    wanted: str,
    bound: float,
    evidence: Evidence,
    plan: Plan | None = None,
) -> Found:
    share, seeds = rows.rate("", int(hits.sum()), int(n.sum())), len(hits)
    ends = share.value, share.low, share.high
    whole = None if plan is None or seeds < 2 else partial(_for_all_but_one, plan, seeds)
    return Found(*ends, wanted, bound, seeds, evidence, float(n.sum()), whole)


def _for_all_but_one(plan: Plan, seeds: int, alpha: float) -> float:
    """Samples of which as many as planned are left without a seed."""
    return plan(alpha) * seeds / (seeds - 1)


@dataclass(frozen=True)
class _Bridges:
    """What a generation shows of bridges, each with rows by seed."""

    rates: pd.DataFrame
    towards: pd.DataFrame
    inwards: pd.DataFrame

    @classmethod
    def of(cls, metrics: pd.DataFrame, *generation) -> "_Bridges":
        """Of those seeds that have all."""
        rates = _generation(metrics, "endpoint_rate", {"label": "bridge"}, *generation)
        looks = (
            _generation(metrics, name, None, *generation)
            for name in ("towards_neighbours", "inwards")
        )
        return cls(*_paired(rates, *looks))

    def exist(self, rate: float) -> Evidence:
        """Above the floor of widening, in a direction, and with no mirror image."""
        hits, wanted = _hits(self.rates), rate * self.rates["n"].sum()
        floor = existence.more_than_floor(hits, _expected(self.rates, "blurred"), wanted)
        chance = existence.more_than_chance(
            _hits(self.towards), self.towards["n"], _expected(self.towards, "floor")
        )
        mirror = existence.more_than_mirror(_hits(self.inwards), self.inwards["n"])
        return all_of(floor, chance, mirror)

    def plan(self, rate: float, alpha: float) -> float:
        """Samples that show a rate to be above the floor, and to have no mirror image."""
        floor = _expected(self.rates, "blurred").sum() / self.rates["n"].sum()
        on = _hits(self.rates).sum()
        share = min(_hits(self.inwards).sum() / on, 1) if on else 1.0
        pointing = existence.samples_to_point(rate * share, alpha) if share else 0.0
        return max(existence.samples_to_find(floor, rate, alpha), pointing)


def _bridges_exist(statistic: ask.BridgesExist, metrics: pd.DataFrame) -> Found:
    bridges = _Bridges.of(metrics)
    rates, evidence = bridges.rates, bridges.exist(statistic.rate)
    floor = _expected(rates, "blurred").sum() / rates["n"].sum()
    plan = partial(bridges.plan, statistic.rate)
    return _pooled(_hits(rates), rates["n"], "above", floor, evidence, plan)


def _towards(statistic: ask.TowardsNeighbours, metrics: pd.DataFrame) -> Found:
    bridges = _Bridges.of(metrics)
    return _directed(bridges.towards, "above", bridges.exist(statistic.rate))


def _not_towards(statistic: ask.NotTowardsSecond, metrics: pd.DataFrame) -> Found:
    looks = _generation(metrics, statistic.metric)
    rule = existence.fewer_than_chance
    return _directed(looks, "below", rule(_hits(looks), looks["n"], _expected(looks, "floor")))


def _directed(looks: pd.DataFrame, side: str, evidence: Evidence) -> Found:
    n, expected = looks["n"], _expected(looks, "floor")
    chance = expected.sum() / n.sum() if n.sum() else np.nan
    return _pooled(_hits(looks), n, side, chance, evidence)


def _excess_rate(statistic: ask.ExcessRate, metrics: pd.DataFrame) -> Found:
    counted = _generation(metrics, statistic.metric, statistic.at)
    expected = _expected(counted, "floor" if counted["blurred"].isna().all() else "blurred")
    floor = expected.sum() / counted["n"].sum()
    wanted = statistic.rate * counted["n"].sum()
    evidence = existence.more_than_floor(_hits(counted), expected, wanted)
    plan = partial(existence.samples_to_find, floor, statistic.rate)
    return _pooled(_hits(counted), counted["n"], "above", floor, evidence, plan)


def _cause_within_floor(
    statistic: ask.CauseWithinFloor | ask.CauseIsFloor, causes: pd.DataFrame
) -> Found:
    cell = _cell(causes, statistic, statistic.of)
    hits, expected, margin = _hits(cell), _expected(cell, "floor"), statistic.margin
    floor = expected.sum() / cell["n"].sum()
    if isinstance(statistic, ask.CauseIsFloor):
        evidence, side = existence.same_as_floor(hits, expected, margin), "within"
        power = (1 + existence.POWER) / 2  # on either side
    else:
        evidence, side = existence.no_more_than_floor(hits, expected, margin), "below"
        power = existence.POWER
    plan = partial(existence.samples_to_bound, floor, margin, power=power)
    return _pooled(hits, cell["n"], side, margin * floor, evidence, plan)


def _cause_excess(statistic: ask.CauseExcess, causes: pd.DataFrame) -> Found:
    of, than = _paired(*(_cell(causes, statistic, cell) for cell in (statistic.of, statistic.than)))
    evidence = existence.more_than_other(_hits(of), of["n"], _hits(than), than["n"])
    other = _hits(than).sum() / than["n"].sum()
    return _pooled(_hits(of), of["n"], "above", other, evidence)


# --- numbers by seed ----------------------------------------------------------------------------


def _by_seed(
    statistic: ask._Bounded,
    values: pd.Series,
    to_scale: Callable = np.asarray,
    from_scale: Callable = np.asarray,
) -> Found:
    """Of one number a seed.

    Args:
        values: on the scale on which they add up; NaN of a seed that has none.
        to_scale, from_scale: of the bound, and of the mean and its interval.
    """
    values = values.dropna()
    if values.empty:
        raise NotMeasuredError("undefined for every seed of this run")
    evidence = _judged(statistic, values, float(to_scale(statistic.bound)))
    ends = (float(from_scale(end)) for end in magnitude.interval(values))
    return Found(*ends, statistic.side, statistic.bound, len(values), evidence)


def _ratio(statistic: ask._Bounded, of: pd.DataFrame, to: pd.DataFrame) -> Found:
    """Of logarithms of a metric over another, of the same seeds."""
    of, to = _paired(of, to)
    return _by_seed(statistic, _log(of) - _log(to), np.log, np.exp)


def _log(cell: pd.DataFrame) -> pd.Series:
    """Of a rate with half a hit more, of anything else as it is; NaN of what has none."""
    if cell["metric"].iloc[0].endswith(("_rate", "_excess")):
        hits = _hits(cell).clip(lower=0)
        return pd.Series(magnitude.log_rate(hits, cell["n"]), cell.index)
    return np.log(cell["value"].where(cell["value"] > 0))


def _cause_ratio(statistic: ask.CauseRatio, causes: pd.DataFrame) -> Found:
    of, to = (_cell(causes, statistic, cell) for cell in (statistic.of, statistic.to))
    if statistic.beyond_true:
        of, to = (
            _above(cell, _cell(causes, statistic, ask.Cell(model="true", sampler=asked.sampler)))
            for cell, asked in ((of, statistic.of), (to, statistic.to))
        )
    return _ratio(statistic, of, to)


def _above(cell: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """A rate less that of the true score, which must be clearly smaller."""
    cell, true = _paired(cell, true)
    more = existence.more_than_other(_hits(cell), cell["n"], _hits(true), true["n"])
    if len(cell) >= LEAST_SEEDS and not more.holds <= ALPHA:
        raise NotMeasuredError("no more samples than with the true score")
    return cell.assign(value=(cell["value"] - true["value"]).clip(lower=0))


def _growth(statistic: ask.Growth, metrics: pd.DataFrame) -> Found:
    last = _last(metrics, statistic.filter)
    at = statistic.metric, statistic.at
    return _ratio(
        statistic, _generation(metrics, *at, last, statistic.filter), _generation(metrics, *at)
    )


def _filter_ratio(statistic: ask.FilterRatio, metrics: pd.DataFrame) -> Found:
    last = _last(metrics, statistic.filter)
    at = statistic.metric, statistic.at, last
    return _ratio(
        statistic,
        _generation(metrics, *at, statistic.filter),
        _generation(metrics, *at, statistic.to),
    )


def _typical(statistic: ask.Typical, metrics: pd.DataFrame) -> Found:
    cell = _generation(metrics, statistic.metric, statistic.at)
    if cell["value"].isna().all():
        raise NotMeasuredError("too few: undefined for every seed of this run")
    return replace(_by_seed(statistic, cell["value"]), n=float(cell["n"].sum()))


def _bridge_growth(statistic: ask.BridgeGrowth, metrics: pd.DataFrame) -> Found:
    last = _Bridges.of(metrics, _last(metrics, statistic.filter), statistic.filter)
    ratios, rises = _rises([1, 10], [_Bridges.of(metrics), last])
    found = _by_seed(statistic, np.log(10) * ratios, np.log, np.exp)
    parts = found.evidence, _judged(statistic, rises), last.exist(statistic.rate)
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
    found = _by_seed(statistic, slopes)
    return replace(found, evidence=all_of(found.evidence, _judged(statistic, contrasts)))


def _rises(levels: Sequence[float], cells: Sequence[_Bridges]) -> tuple[pd.Series, pd.Series]:
    """How bridges rise along levels, by seed, on the two scales of `magnitude.trend`."""
    seeds = _paired(*(cell.rates for cell in cells))[0].index
    hits, looked, n = (
        np.stack([of(cell) for cell in cells])
        for of in (
            lambda cell: _hits(cell.inwards.loc[seeds]),
            lambda cell: cell.inwards.loc[seeds, "n"],
            lambda cell: cell.rates.loc[seeds, "n"],
        )
    )
    by_seed = magnitude.trend(levels, hits, looked, n)
    slopes, contrasts = (pd.Series(numbers, seeds) for numbers in by_seed)
    return slopes, contrasts


def _judged(statistic: ask._Bounded, values: pd.Series, bound: float = 0.0) -> Evidence:
    judge = magnitude.above if statistic.side == "above" else magnitude.below
    return judge(values, bound)


def _segment_ratio(statistic: ask.SegmentRatio, metrics: pd.DataFrame) -> Found:
    if _Bridges.of(metrics).exist(statistic.rate).holds > ALPHA:
        raise NotMeasuredError("there are no bridges to compare")
    segments = [statistic.of, *statistic.to]
    rates, per_std = (
        _paired(*(_generation(metrics, name, {"segment": segment}) for segment in segments))
        for name in ("segment_rate", "segment_rate_per_std")
    )
    # The upper end of a rate is never zero.
    lengths = [
        float((rate["high"] / of["high"]).iloc[0]) for rate, of in zip(rates, per_std, strict=True)
    ]
    hits, floors = (
        np.stack([counts(rate) for rate in rates])
        for counts in (_hits, lambda rate: _expected(rate, "blurred"))
    )
    ratios = log_ratio(hits, floors, lengths, 0, range(1, len(segments)))
    found = _by_seed(statistic, pd.Series(ratios, rates[0].index), np.log, np.exp)
    return replace(found, n=float(rates[0]["n"].sum()))


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


def _slope_ratio(statistic: ask.SlopeRatio, slopes: pd.DataFrame) -> Found:
    cells = slopes[slopes["noise_fraction"] == statistic.noise_fraction]
    ratios = cells.groupby("seed")["ratio"].mean()
    return _by_seed(statistic, np.log(ratios.clip(lower=FLATTEST)), np.log, np.exp)


def _on_its_own_seed(statistic: ask._Transferred, transfer: pd.DataFrame) -> pd.DataFrame:
    """Windows and thresholds on the half of generation 0 that they were not found on, by seed."""
    own = (transfer["from_seed"] == transfer["seed"]) & (transfer["generation"] == 0)
    return _one_a_seed(transfer[own & (transfer["choice"] == statistic.choice)])


def _told_apart(statistic: ask.ToldApart, transfer: pd.DataFrame) -> Found:
    own = _on_its_own_seed(statistic, transfer)
    pairs = own["hallucinated"] * own["valid"]
    areas = pd.Series(magnitude.logit(own["auroc"] * pairs, pairs), own.index)
    return _by_seed(statistic, areas, logit, expit)


def _discard(statistic: ask.Discard, transfer: pd.DataFrame) -> Found:
    own = _on_its_own_seed(statistic, transfer)
    of = own["hallucinated"] if statistic.share == "recall" else own["discarded"]
    shares = magnitude.logit((own[statistic.share] * of).round(), of)
    return _by_seed(statistic, pd.Series(shares, own.index), logit, expit)


def _kept(statistic: ask.Kept, transfer: pd.DataFrame) -> Found:
    own = _on_its_own_seed(statistic, transfer)
    if own["threshold"].isna().all():
        raise NotMeasuredError("no seed has 19 hallucinations to find a threshold by")
    own = own.dropna(subset=["specificity", "sensitivity"])
    kept = magnitude.logit(np.rint(own["specificity"] * own["valid"]), own["valid"])
    hits, of = np.rint(own["sensitivity"] * own["hallucinated"]), own["hallucinated"]
    found = _by_seed(statistic, pd.Series(kept, own.index), logit, expit)
    share = rows.rate("", int(hits.sum()), int(of.sum()))
    few = share.low <= existence.FINDS
    return replace(
        found,
        evidence=all_of(found.evidence, existence.finds(hits, of)),
        sensitivity=(share.value, share.low, share.high),
        unclear=f"of {share.n} hallucinations {share.low:.1%} to {share.high:.1%} found"
        if few
        else "",
    )


FINDERS: Mapping[type, Callable[..., Found]] = {
    ask.BridgesExist: _bridges_exist,
    ask.TowardsNeighbours: _towards,
    ask.NotTowardsSecond: _not_towards,
    ask.ExcessRate: _excess_rate,
    ask.CauseWithinFloor: _cause_within_floor,
    ask.CauseIsFloor: _cause_within_floor,
    ask.CauseExcess: _cause_excess,
    ask.CauseRatio: _cause_ratio,
    ask.Growth: _growth,
    ask.FilterRatio: _filter_ratio,
    ask.Typical: _typical,
    ask.BridgeGrowth: _bridge_growth,
    ask.BridgeTrend: _bridge_trend,
    ask.SegmentRatio: _segment_ratio,
    ask.SlopeRatio: _slope_ratio,
    ask.Kept: _kept,
    ask.ToldApart: _told_apart,
    ask.Discard: _discard,
}


# --- rows of tables -----------------------------------------------------------------------------


def _generation(
    metrics: pd.DataFrame,
    metric: str,
    at: Mapping[str, str | float] | None = None,
    generation: int = 0,
    filter: str | None = None,
) -> pd.DataFrame:
    """A metric of each seed, indexed by it, in one generation."""
    chosen = (metrics["metric"] == metric) & (metrics["generation"] == generation)
    for column, value in (at or {}).items():
        chosen &= metrics[column] == value
    if filter is not None and generation:
        chosen &= metrics["filter"] == filter
    found = _one_a_seed(metrics[chosen])
    place = (metrics["generation"] == generation) & metrics["filter"].isin(found["filter"])
    return _without_copies(found, metrics[place])


def _cell(causes: pd.DataFrame, statistic: ask._Cause, cell: ask.Cell) -> pd.DataFrame:
    """The rate of each seed, indexed by it, with one model and sampler."""
    rates = (causes["metric"] == "beyond_rate") & (causes["threshold"] == statistic.threshold)
    of = (causes["model"] == cell.model) & (causes["sampler"] == cell.sampler)
    return _without_copies(_one_a_seed(causes[rates & of]), causes[of])


def _without_copies(found: pd.DataFrame, beside: pd.DataFrame) -> pd.DataFrame:
    """What was found, if its samples are no copies of one another.

    beside: rows of the same samples, among which is the share that is distinct.

    Raises:
        NotMeasuredError: if more are than rounding makes.
    """
    known = beside[(beside["metric"] == "distinct") & beside["seed"].isin(found.index)]
    for row in known.itertuples():
        if too_many(row.value, row.floor):
            raise NotMeasuredError(
                f"copies count for nothing: of the samples of seed {row.seed},"
                f" {row.value:.3g} are distinct"
            )
    return found


def _one_a_seed(chosen: pd.DataFrame) -> pd.DataFrame:
    """Rows indexed by seed, in order.

    Raises:
        NotMeasuredError: if there are none.
        ValueError: if a seed has several.
    """
    if chosen.empty:
        raise NotMeasuredError("not measured in this run")
    if not chosen["seed"].is_unique:
        raise ValueError("a claim's statistic names several numbers of one seed")
    return chosen.set_index("seed").sort_index()


def _paired(*cells: pd.DataFrame) -> Sequence[pd.DataFrame]:
    """Rows of those seeds that all have."""
    seeds = cells[0].index
    for cell in cells[1:]:
        seeds = seeds.intersection(cell.index)
    if seeds.empty:
        raise NotMeasuredError("not measured on the same seeds in this run")
    return [cell.loc[seeds] for cell in cells]


def _hits(cell: pd.DataFrame) -> pd.Series:
    """Counts of a rate; 0 where there was nothing to count."""
    return (cell["value"] * cell["n"]).fillna(0).round()


def _expected(cell: pd.DataFrame, floor: str) -> pd.Series:
    """Counts of a floor; 0 where there was nothing to count."""
    return (cell[floor] * cell["n"]).fillna(0)


def _last(metrics: pd.DataFrame, filter: str) -> int:
    """A filter's last generation."""
    generations = metrics.loc[metrics["filter"] == filter, "generation"]
    if generations.empty:
        raise NotMeasuredError(f"no generations of filter {filter!r} in this run")
    return int(generations.max())
