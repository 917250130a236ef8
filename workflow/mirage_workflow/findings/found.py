"""A number beside its bound: of counts pooled over seeds, or of one number a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from mirage.metrics import magnitude, rows
from mirage.metrics.verdicts import Evidence
from mirage_workflow.config.statistics import base as ask
from mirage_workflow.findings.cells import NotMeasuredError, hits_of, paired

Plan = Callable[[float], float]
"""Samples with which the effect that is wanted is found, power 0.95, at an alpha."""


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


def pooled(
    hits: pd.Series,
    n: pd.Series,
    wanted: str,
    bound: float,
    evidence: Evidence,
    plan: Plan | None = None,
) -> Found:
    """Of counts of all seeds together.

    Args:
        hits, n: of each seed, and of how many.
        wanted, bound, evidence, plan: as in `Found`; the plan is of the samples that are left
            whichever seed is left out.
    """
    share, seeds = rows.rate("", int(hits.sum()), int(n.sum())), len(hits)
    ends = share.value, share.low, share.high
    whole = None if plan is None or seeds < 2 else partial(_for_all_but_one, plan, seeds)
    return Found(*ends, wanted, bound, seeds, evidence, float(n.sum()), whole)


def _for_all_but_one(plan: Plan, seeds: int, alpha: float) -> float:
    """Samples of which as many as planned are left without a seed."""
    return plan(alpha) * seeds / (seeds - 1)


def by_seed(
    statistic: ask.Bounded,
    values: pd.Series,
    to_scale: Callable = np.asarray,
    from_scale: Callable = np.asarray,
) -> Found:
    """Of one number a seed.

    Args:
        values: on the scale on which they add up; NaN of a seed that has none, as those that have
            one are then no fair choice of seeds.
        to_scale, from_scale: of the bound, and of the mean and its interval.
    """
    if lacking := int(values.isna().sum()):
        raise NotMeasuredError(f"undefined for {lacking} of {len(values)} seeds of this run")
    evidence = judged(statistic, values, float(to_scale(statistic.bound)))
    ends = (float(from_scale(end)) for end in magnitude.interval(values))
    return Found(*ends, statistic.side, statistic.bound, len(values), evidence)


def judged(statistic: ask.Bounded, values: pd.Series, bound: float = 0.0) -> Evidence:
    """Whether the mean of one number a seed is on the side of a bound that is wanted."""
    judge = magnitude.above if statistic.side == "above" else magnitude.below
    return judge(values, bound)


def ratio(statistic: ask.Bounded, of: pd.DataFrame, to: pd.DataFrame) -> Found:
    """Of logarithms of a metric over another, of the same seeds."""
    of, to = paired(of, to)
    return by_seed(statistic, _log(of) - _log(to), np.log, np.exp)


def _log(cell: pd.DataFrame) -> pd.Series:
    """Of a rate with half a hit more, of anything else as it is; NaN of what has none."""
    if cell["metric"].iloc[0].endswith(("_rate", "_excess")):
        hits = hits_of(cell).clip(lower=0)
        return pd.Series(magnitude.log_rate(hits, cell["n"]), cell.index)
    return np.log(cell["value"].where(cell["value"] > 0))
