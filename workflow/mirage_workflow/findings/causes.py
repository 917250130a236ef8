"""Causes: far samples by model and sampler, and the slope of the learned score."""

from functools import partial

import numpy as np
import pandas as pd

from mirage.metrics import existence
from mirage.metrics.verdicts import ALPHA, LEAST_SEEDS
from mirage_workflow.config.statistics import causes as ask
from mirage_workflow.findings.cells import (
    NotMeasuredError,
    cell_of,
    expected_of,
    hits_of,
    paired,
    share_of,
)
from mirage_workflow.findings.found import Found, by_seed, pooled, ratio

FLATTEST = 0.01
"""A slope over the true one that is smaller, or has the other sign, counts as this."""


def _cause_within_floor(
    statistic: ask.CauseWithinFloor | ask.CauseIsFloor, causes: pd.DataFrame
) -> Found:
    cell = cell_of(causes, statistic, statistic.of)
    hits, expected, margin = hits_of(cell), expected_of(cell, "floor"), statistic.margin
    floor = share_of(expected, cell)
    if isinstance(statistic, ask.CauseIsFloor):
        evidence, side = existence.same_as_floor(hits, expected, margin), "within"
        power = (1 + existence.POWER) / 2  # on either side
    else:
        evidence, side = existence.no_more_than_floor(hits, expected, margin), "below"
        power = existence.POWER
    plan = partial(existence.samples_to_bound, floor, margin, power=power)
    return pooled(hits, cell["n"], side, margin * floor, evidence, plan)


def _cause_excess(statistic: ask.CauseExcess, causes: pd.DataFrame) -> Found:
    cells = (cell_of(causes, statistic, cell) for cell in (statistic.of, statistic.than))
    of, than = paired(*cells)
    evidence = existence.more_than_other(hits_of(of), of["n"], hits_of(than), than["n"])
    return pooled(hits_of(of), of["n"], "above", share_of(hits_of(than), than), evidence)


def _cause_ratio(statistic: ask.CauseRatio, causes: pd.DataFrame) -> Found:
    of, to = (cell_of(causes, statistic, cell) for cell in (statistic.of, statistic.to))
    if statistic.beyond_true:
        of, to = (
            _above(cell, cell_of(causes, statistic, ask.Cell(model="true", sampler=asked.sampler)))
            for cell, asked in ((of, statistic.of), (to, statistic.to))
        )
    return ratio(statistic, of, to)


def _above(cell: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """A rate less that of the true score, which must be clearly smaller."""
    cell, true = paired(cell, true)
    more = existence.more_than_other(hits_of(cell), cell["n"], hits_of(true), true["n"])
    if len(cell) >= LEAST_SEEDS and not more.holds <= ALPHA:
        raise NotMeasuredError("no more samples than with the true score")
    return cell.assign(value=(cell["value"] - true["value"]).clip(lower=0))


def _slope_ratio(statistic: ask.SlopeRatio, slopes: pd.DataFrame) -> Found:
    cells = slopes[slopes["noise_fraction"] == statistic.noise_fraction]
    ratios = cells.groupby("seed")["ratio"].mean()
    return by_seed(statistic, np.log(ratios.clip(lower=FLATTEST)), np.log, np.exp)


FINDERS = {
    ask.CauseWithinFloor: _cause_within_floor,
    ask.CauseIsFloor: _cause_within_floor,
    ask.CauseExcess: _cause_excess,
    ask.CauseRatio: _cause_ratio,
    ask.SlopeRatio: _slope_ratio,
}
