"""What figures of sweeps share: levels in their order, numbers over seeds, factors in words."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from mirage.figures import style
from mirage.metrics.statistics import mean_over_seeds

COLOURS = ("#0072B2", "#E69F00", "#882255", "#56B4E9", "#009E73")
MARKERS = ("o", "s", "D", "^", "v")
WIDE = 30
"""Times the smallest of some numbers that the largest is, from where an axis is logarithmic."""
LINEAR = 0.01
"""Percent below which an axis is to scale, so that a rate of zero is seen; beyond, logarithmic."""


def ordered(rows: pd.DataFrame, level: str = "level") -> list[str]:
    """Levels of a factor: numbers by size, then words in the order given.

    level: the column of a first factor, or `second_level`.
    """
    rows = rows.sort_values(f"{level}_number", kind="stable")
    return list(rows[level].unique())


def over_seeds(rows: pd.DataFrame, by: Sequence[str], value: str = "value") -> pd.DataFrame:
    """A number by place, with its interval: over seeds, or of one seed's samples.

    Args:
        rows: of table SWEEP, one of each seed at each place.
        by: columns that say the place.
        value: the column of the number: `value`, or `excess` with ends of its own.

    Returns:
        Columns `by`, `value`, `low`, `high`.
    """
    ends = ["low", "high"] if value == "value" else [f"{value}_low", f"{value}_high"]
    if rows["seed"].nunique() == 1:
        return rows[[*by, value, *ends]].set_axis([*by, "value", "low", "high"], axis=1)
    found = [
        {**dict(zip(by, place, strict=True)), **mean_over_seeds(cell[value])}
        for place, cell in rows.groupby(list(by), sort=False)
    ]
    return pd.DataFrame(found)[[*by, "value", "low", "high"]]


def points(axes: Axes, at: pd.Series, rows: pd.DataFrame, scale: float = 1.0, **look) -> None:
    """Numbers of `over_seeds` with their intervals at places on the axis."""
    axes.errorbar(
        at, scale * rows["value"], yerr=style.interval(rows, scale), **{"capsize": 2, **look}
    )


def percent_axis(axes: Axes, low: float = 0, high: float = 150) -> None:
    """Shares in percent on a logarithmic axis that has a zero."""
    powers = [0.01, 0.1, 1, 10, 100]
    at = [power for power in (*(-power for power in powers), 0, *powers) if low <= power <= high]
    axes.set_yscale("symlog", linthresh=LINEAR)
    axes.set_ylim(low, high)
    axes.set_yticks(at, [f"{power:g}" for power in at])
    axes.minorticks_off()


def share_axis(axes: Axes, percents: pd.DataFrame) -> None:
    """An axis for shares: from zero and to scale, or logarithmic where they differ by much.

    percents: columns `value`, `low`, `high`, of all that is drawn.
    """
    low, high = percents["low"].min(), percents["high"].max()
    if high < WIDE * max(percents["value"].min(), 0):
        axes.set_ylim(0, 1.1 * high)
    else:
        percent_axis(axes, min(1.5 * low, -LINEAR / 5), max(1.5 * high, LINEAR))


def ticks(axes: Axes, levels: Sequence[str]) -> None:
    """One place for each level, with its name."""
    axes.set_xticks(range(len(levels)), levels)
    if max(map(len, levels)) > 4 and len(levels) > 2:
        axes.tick_params(axis="x", labelrotation=25)
    axes.set_xlim(-0.4, len(levels) - 0.6)


def words(factor: str) -> str:
    """A factor as it stands in text."""
    return factor.replace("_", " ")


def alone(metrics: pd.DataFrame) -> pd.DataFrame:
    """Rows of models that differ from the base in one factor at most."""
    return metrics[metrics["second_factor"].isna()]
