"""Rows of tables by seed: the numbers that a claim is decided by, or why there are none."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mirage.metrics.copies import too_many
from mirage_workflow.config.statistics import causes as ask


class NotMeasuredError(Exception):
    """The tables of a run lack what a claim is decided by."""


def in_generation(
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
    found = one_a_seed(metrics[chosen])
    place = (metrics["generation"] == generation) & metrics["filter"].isin(found["filter"])
    return _without_copies(found, metrics[place])


def cell_of(causes: pd.DataFrame, statistic: ask.Cause, cell: ask.Cell) -> pd.DataFrame:
    """The rate of each seed, indexed by it, with one model and sampler."""
    rates = (causes["metric"] == "beyond_rate") & (causes["threshold"] == statistic.threshold)
    of = (causes["model"] == cell.model) & (causes["sampler"] == cell.sampler)
    return _without_copies(one_a_seed(causes[rates & of]), causes[of])


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


def one_a_seed(chosen: pd.DataFrame) -> pd.DataFrame:
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


def paired(*cells: pd.DataFrame) -> Sequence[pd.DataFrame]:
    """Rows of those seeds that all have."""
    seeds = cells[0].index
    for cell in cells[1:]:
        seeds = seeds.intersection(cell.index)
    if seeds.empty:
        raise NotMeasuredError("not measured on the same seeds in this run")
    return [cell.loc[seeds] for cell in cells]


def hits_of(cell: pd.DataFrame) -> pd.Series:
    """Counts of a rate; 0 where there was nothing to count."""
    return (cell["value"] * cell["n"]).fillna(0).round()


def expected_of(cell: pd.DataFrame, floor: str) -> pd.Series:
    """Counts of a floor; 0 where there was nothing to count."""
    return (cell[floor] * cell["n"]).fillna(0)


def share_of(counts: pd.Series, cell: pd.DataFrame) -> float:
    """Counts of all seeds over what they are of; NaN where there was nothing to count."""
    n = cell["n"].sum()
    return counts.sum() / n if n else np.nan


def last_generation(metrics: pd.DataFrame, filter: str) -> int:
    """A filter's last generation."""
    generations = metrics.loc[metrics["filter"] == filter, "generation"]
    if generations.empty:
        raise NotMeasuredError(f"no generations of filter {filter!r} in this run")
    return int(generations.max())
