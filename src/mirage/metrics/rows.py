"""One measured number with its interval, the floor beside it and the sample size."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from math import inf, nan, sqrt
from statistics import NormalDist

import pandas as pd

from mirage.metrics.names import AT

NORMAL_QUANTILE = NormalDist().inv_cdf(0.975)
"""Standard errors on either side of a mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Row:
    """A row of the metrics table. Intervals are at 95 %; None where a column does not apply."""

    metric: str
    value: float
    n: int
    """Samples that the value rests on."""
    low: float = nan
    high: float = nan
    floor: float = nan
    """What a perfect sampler would show."""
    blurred: float = nan
    """What the truth would show if it were drawn as badly as by the model: of mixtures with
    modes as wide as its own, of shapes with edges, haze and noise; an upper end (97.5 %)."""
    label: str | None = None
    """The label that is counted; none for all but `valid`."""
    detector: str | None = None
    """Whose score is measured."""
    first: int | None = None
    """First step of the score's window, counted from the end of the walk."""
    last: int | None = None
    """Last step of the window, itself counted."""
    choice: str | None = None
    """How the window was chosen, where two are compared: `predicted` or `best`."""
    threshold: float | None = None
    """Distance from a mode, in its standard deviations."""
    match_threshold: float | None = None
    """Correlation with its template that the counter of shapes asks of a shape."""
    network: str | None = None
    """In whose features pictures are compared."""
    predicted_class: int | None = None
    """The class that is counted."""
    segment: int | None = None
    """Between two neighbouring modes, in the order of `endpoint.between_neighbours`."""
    objects: int | None = None
    """Objects of the pictures that are compared."""


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """The columns of rows; null where one does not apply, whole numbers as pandas' Int16."""
    table = pd.DataFrame([asdict(row) for row in rows], columns=[f.name for f in fields(Row)])
    return table.astype({name: AT[name] for name in AT if AT[name] != "str"})


def rate(metric: str, hits: int, n: int, floor: float = nan, **at) -> Row:
    """A proportion with its Wilson interval (Wilson 1927); undefined for n = 0.

    at: columns of `Row` that say what it is taken at.
    """
    if n == 0:
        return Row(metric, nan, 0, floor=floor, **at)
    share, extra = hits / n, NORMAL_QUANTILE**2 / n
    middle = (share + extra / 2) / (1 + extra)
    reach = sqrt(extra * (share * (1 - share) + extra / 4)) / (1 + extra)
    low = middle - reach if hits else 0.0  # rounding would miss the ends
    high = middle + reach if hits < n else 1.0
    return Row(metric, share, n, low, high, floor, **at)


def estimate(
    metric: str,
    value: float,
    error: float,
    n: int,
    floor: float = nan,
    largest: float = inf,
    **at,
) -> Row:
    """A number of [0, largest] with a normal interval from its standard error.

    at: columns of `Row` that say what it is taken at.
    """
    reach = 1.96 * error
    low, high = max(0.0, float(value - reach)), min(largest, float(value + reach))
    return Row(metric, float(value), n, low, high, floor, **at)
