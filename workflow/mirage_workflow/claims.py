"""Decides claims: from tables to one number per seed, and from those to a verdict."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirage.metrics.names import AT
from mirage.metrics.relation import relation
from mirage.metrics.statistics import mean_over_seeds, seeds_needed
from mirage_workflow.config import claims as ask

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
LEAST_SEEDS = 3
"""With fewer, nothing is decided: an interval over two seeds is hardly one."""


class NotMeasuredError(Exception):
    """The tables of a run lack what a claim is decided by."""


@dataclass(frozen=True)
class Verdict:
    """What is said of a claim, and why where that needs a reason."""

    verdict: str
    reason: str = ""


def decide(claim: ask.Claim, experiment: str, table: pd.DataFrame | None) -> dict:
    """One row of the ledger.

    Args:
        claim: to decide.
        experiment: to decide it for.
        table: of the statistic's kind; None if the run has none.
    """
    try:
        values = measure(claim.statistic, table)
        number = mean_over_seeds(values)
        verdict = judge(number, claim.wanted)
        needed = _needed(values, claim.wanted) if verdict.verdict == UNDECIDED else np.nan
    except NotMeasuredError as error:
        number = {"value": np.nan, "low": np.nan, "high": np.nan, "seeds": 0}
        verdict, needed = Verdict(UNDECIDED, str(error)), np.nan
    return {
        "id": claim.id,
        "claim": claim.claim,
        "source": claim.source,
        "experiment": experiment,
        "statistic": claim.statistic.name,
        "metric": getattr(claim.statistic, "metric", None),
        **{name: claim.statistic.at.get(name) for name in AT},
        "wanted": claim.wanted.side,
        "bound": claim.wanted.bound,
        "refuted": claim.refuted,
        **number,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "seeds_needed": needed,
        "figure": f"{experiment}_{claim.figure}",
    }


def measure(statistic: ask.Statistic, table: pd.DataFrame | None) -> pd.Series:
    """The statistic of each seed.

    Raises:
        NotMeasuredError: if the table lacks it.
    """
    if table is None or table.empty:
        raise NotMeasuredError("not part of this run")
    values = MEASURES[statistic.name](statistic, table).dropna()
    if values.empty:
        raise NotMeasuredError("undefined for every seed of this run")
    return values


def judge(number: dict[str, float], wanted: ask.Wanted) -> Verdict:
    """Compare an interval over seeds with the bound that is wanted."""
    if number["seeds"] < LEAST_SEEDS:
        return Verdict(UNDECIDED, f"fewer than {LEAST_SEEDS} seeds")
    low, high = number["low"], number["high"]
    if wanted.within is not None:
        inside = -wanted.within <= low and high <= wanted.within
        outside = high < -wanted.within or low > wanted.within
    elif wanted.above is not None:
        inside, outside = low > wanted.above, high <= wanted.above
    else:
        inside, outside = high < wanted.below, low >= wanted.below
    if inside:
        return Verdict(HOLDS)
    return Verdict(FAILS) if outside else Verdict(UNDECIDED, "the interval holds the bound")


def _needed(values: pd.Series, wanted: ask.Wanted) -> float:
    return seeds_needed(values.abs() if wanted.side == "within" else values, wanted.bound)


def _excess_rate(statistic: ask.ExcessRate, metrics: pd.DataFrame) -> pd.Series:
    rows = _of(statistic, metrics)
    rows = rows[rows["generation"] == 0]
    return _by_seed(rows, rows["value"] - rows["floor"])


def _growth(statistic: ask.Growth, metrics: pd.DataFrame) -> pd.Series:
    last, generations = _last(statistic, metrics), _of(statistic, metrics)
    first = generations[generations["generation"] == 0]
    return _at(generations, statistic.filter, last) - _by_seed(first, first["value"])


def _filter_difference(statistic: ask.FilterDifference, metrics: pd.DataFrame) -> pd.Series:
    last, rows = _last(statistic, metrics), _of(statistic, metrics)
    return _at(rows, statistic.filter, last) - _at(rows, statistic.against, last)


def _cause_difference(statistic: ask.CauseDifference, causes: pd.DataFrame) -> pd.Series:
    causes = _of(statistic, causes)

    def rate(cell: ask.Cell, column: str = "value") -> pd.Series:
        rows = causes[(causes["model"] == cell.model) & (causes["sampler"] == cell.sampler)]
        return _by_seed(rows, rows[column])

    if statistic.less == "floor":
        return rate(statistic.of) - rate(statistic.of, "floor")
    return rate(statistic.of) - rate(statistic.less)


def _trend(statistic: ask.Trend, sweeps: pd.DataFrame) -> pd.Series:
    rows = _of(statistic, sweeps[sweeps["factor"] == statistic.factor])
    rows = rows[rows["level_number"] > 0]
    if rows["level_number"].nunique() < 2:
        raise NotMeasuredError(f"factor {statistic.factor!r} has fewer than two levels in this run")
    # Half a hallucination more, so that a rate of zero has a logarithm.
    hits = rows["value"] * rows["n"] + 0.5
    rows = rows.assign(level=np.log10(rows["level_number"]), rate=np.log10(hits / (rows["n"] + 1)))
    return rows.groupby("seed")[["level", "rate"]].apply(
        lambda seed: np.polyfit(seed["level"], seed["rate"], 1)[0]
    )


def _level_difference(statistic: ask.LevelDifference, sweeps: pd.DataFrame) -> pd.Series:
    rows = _of(statistic, sweeps[sweeps["factor"] == statistic.factor])
    of, less = (rows[rows["level"] == level] for level in (statistic.of, statistic.less))
    return _by_seed(of, of["value"]) - _by_seed(less, less["value"])


def _slope_ratio(statistic: ask.SlopeRatio, slopes: pd.DataFrame) -> pd.Series:
    rows = slopes[slopes["noise_fraction"] == statistic.noise_fraction]
    return rows.groupby("seed")["ratio"].mean()


def _slope_rate_r_squared(statistic: ask.SlopeRateRelation, followed: pd.DataFrame) -> pd.Series:
    rows = followed[followed["noise_fraction"] == statistic.noise_fraction]
    fits = {seed: relation(cell)["r_squared"] for seed, cell in rows.groupby("seed")}
    return pd.Series(fits, dtype=float)


def _place_excess(statistic: ask.PlaceExcess, bridges: pd.DataFrame) -> pd.Series:
    rows = bridges[bridges["place"] == statistic.place]
    return _by_seed(rows, rows["value"] - rows["chance"])


def _kept_at_95_found(statistic: ask.Kept, transfer: pd.DataFrame) -> pd.Series:
    own = (transfer["from_seed"] == transfer["seed"]) & (transfer["generation"] == 0)
    return _by_seed(transfer[own], transfer.loc[own, "specificity"])


MEASURES: dict[str, Callable[..., pd.Series]] = {
    "excess_rate": _excess_rate,
    "growth": _growth,
    "filter_difference": _filter_difference,
    "cause_difference": _cause_difference,
    "trend": _trend,
    "level_difference": _level_difference,
    "slope_ratio": _slope_ratio,
    "slope_rate_r_squared": _slope_rate_r_squared,
    "place_excess": _place_excess,
    "kept_at_95_found": _kept_at_95_found,
}


def _by_seed(rows: pd.DataFrame, values: pd.Series) -> pd.Series:
    """Values indexed by seed.

    Raises:
        NotMeasuredError: if there are no rows.
        ValueError: if a seed has several.
    """
    if rows.empty:
        raise NotMeasuredError("not measured in this run")
    series = pd.Series(values.to_numpy(), index=rows["seed"].to_numpy())
    if not series.index.is_unique:
        raise ValueError("a claim's statistic names several numbers of one seed")
    return series


def _of(statistic: ask.Statistic, metrics: pd.DataFrame) -> pd.DataFrame:
    """The rows of a statistic's metric, at what it is taken at."""
    rows = metrics[metrics["metric"] == statistic.metric]
    for column, value in statistic.at.items():
        rows = rows[rows[column] == value]
    return rows


def _last(statistic: ask._Filtered, metrics: pd.DataFrame) -> int:
    generations = metrics.loc[metrics["filter"] == statistic.filter, "generation"]
    if generations.empty:
        raise NotMeasuredError(f"no generations of filter {statistic.filter!r} in this run")
    return int(generations.max())


def _at(rows: pd.DataFrame, filter: str, generation: int) -> pd.Series:
    rows = rows[(rows["filter"] == filter) & (rows["generation"] == generation)]
    return _by_seed(rows, rows["value"])
