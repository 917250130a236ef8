"""One measured number with its interval, the floor beside it and the sample size."""

from dataclasses import dataclass
from math import inf, nan, sqrt
from statistics import NormalDist

NORMAL_QUANTILE = NormalDist().inv_cdf(0.975)
"""Standard errors on either side of a mean that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Row:
    """A row of the metrics table. Intervals are at 95 %."""

    metric: str
    value: float
    n: int
    """Samples that the value rests on."""
    parameter: str = ""
    """The threshold, window or class that the metric is taken at."""
    low: float = nan
    high: float = nan
    floor: float = nan
    """What a perfect sampler would show."""


def rate(metric: str, hits: int, n: int, parameter: str = "", floor: float = nan) -> Row:
    """A proportion with its Wilson interval (Wilson 1927); undefined for n = 0."""
    if n == 0:
        return Row(metric, nan, 0, parameter, floor=floor)
    share, extra = hits / n, NORMAL_QUANTILE**2 / n
    middle = (share + extra / 2) / (1 + extra)
    reach = sqrt(extra * (share * (1 - share) + extra / 4)) / (1 + extra)
    low = middle - reach if hits else 0.0  # rounding would miss the ends
    high = middle + reach if hits < n else 1.0
    return Row(metric, share, n, parameter, low, high, floor)


def estimate(
    metric: str,
    value: float,
    error: float,
    n: int,
    parameter: str = "",
    floor: float = nan,
    largest: float = inf,
) -> Row:
    """A number of [0, largest] with a normal interval from its standard error."""
    reach = 1.96 * error
    low, high = max(0.0, float(value - reach)), min(largest, float(value + reach))
    return Row(metric, float(value), n, parameter, low, high, floor)
