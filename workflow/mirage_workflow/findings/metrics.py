"""Any metric of the metrics table: in generation 0, and along generations."""

from dataclasses import replace
from functools import partial

import pandas as pd

from mirage.metrics import existence
from mirage_workflow.config.statistics import metrics as ask
from mirage_workflow.findings.cells import (
    NotMeasuredError,
    expected_of,
    hits_of,
    in_generation,
    last_generation,
    share_of,
)
from mirage_workflow.findings.found import Found, by_seed, pooled, ratio


def _excess_rate(statistic: ask.ExcessRate, metrics: pd.DataFrame) -> Found:
    counted = in_generation(metrics, statistic.metric, statistic.at)
    expected = expected_of(counted, "floor" if counted["blurred"].isna().all() else "blurred")
    floor = share_of(expected, counted)
    wanted = statistic.rate * counted["n"].sum()
    evidence = existence.more_than_floor(hits_of(counted), expected, wanted)
    plan = partial(existence.samples_to_find, floor, statistic.rate)
    return pooled(hits_of(counted), counted["n"], "above", floor, evidence, plan)


def _typical(statistic: ask.Typical, metrics: pd.DataFrame) -> Found:
    cell = in_generation(metrics, statistic.metric, statistic.at)
    if lacking := int(cell["value"].isna().sum()):  # seeds that have enough are no fair sample
        raise NotMeasuredError(f"too few: undefined for {lacking} of {len(cell)} seeds of this run")
    return replace(by_seed(statistic, cell["value"]), n=float(cell["n"].sum()))


def _growth(statistic: ask.Growth, metrics: pd.DataFrame) -> Found:
    last = last_generation(metrics, statistic.filter)
    at = statistic.metric, statistic.at
    return ratio(
        statistic, in_generation(metrics, *at, last, statistic.filter), in_generation(metrics, *at)
    )


def _filter_ratio(statistic: ask.FilterRatio, metrics: pd.DataFrame) -> Found:
    last = last_generation(metrics, statistic.filter)
    at = statistic.metric, statistic.at, last
    return ratio(
        statistic,
        in_generation(metrics, *at, statistic.filter),
        in_generation(metrics, *at, statistic.to),
    )


FINDERS = {
    ask.ExcessRate: _excess_rate,
    ask.Growth: _growth,
    ask.FilterRatio: _filter_ratio,
    ask.Typical: _typical,
}
