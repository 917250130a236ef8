"""Where the thresholds of the counter of shapes come from.

Each threshold lies midway between what degraded true pictures show at worst and what
degraded planted errors of the kind that it is for show at their best; where the two
overlap, at the true pictures' worst, since hallucinations are rarer than true pictures.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirage.datasets.planted import degrade, plant
from mirage.datasets.shapes import SimpleShapes
from mirage.labels.shapes import Inspection, inspect

WORST = 0.001
"""Share of true pictures beyond what counts as their worst."""
BEST = 0.05
"""Share of planted errors beyond what counts as their best."""


@dataclass(frozen=True)
class Statistic:
    """What a threshold is for: errors that show in one number of a picture."""

    errors: tuple[str, ...]
    """Kinds of planted error that the number tells."""
    errors_are: int
    """-1 where errors have the smaller number, 1 where they have the larger."""


STATISTICS = {
    "leftover": Statistic(("faint",), 1),
    "contrast": Statistic(("grey",), -1),
    "match": Statistic(("merged", "cut", "thick"), -1),
}
"""In this order: of the errors that one is for, those told by an earlier one are left out.

Hybrids have no part in it: at 32 pixels the halves of two shapes differ by less than a
blurred true shape does from its template. The audit shows what becomes of them.
"""


def calibrate(
    truth: SimpleShapes,
    blur: float,
    haze: float,
    noise: float,
    n: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Find the thresholds of the counter.

    Args:
        truth: the distribution of true pictures.
        blur, haze, noise: of the degraded pictures, as in `mirage.datasets.planted.degrade`.
        n: true pictures, and planted errors of each kind.
        rng: draws them.

    Returns:
        Columns `statistic`, `threshold`, `worst_true` (the number that one in a thousand
        true pictures exceeds), `best_planted` (that one in twenty errors of a kind
        exceeds the other way, for the kind that is told worst), `kind` (that kind), `n`.
    """

    def seen(pictures: np.ndarray) -> pd.DataFrame:
        return _numbers(inspect(degrade(pictures, blur, haze, noise, rng), truth))

    true = seen(truth.sample(n, rng)[0])
    kinds = dict.fromkeys(kind for statistic in STATISTICS.values() for kind in statistic.errors)
    planted = {kind: seen(plant(truth, kind, n, rng)) for kind in kinds}
    rows = []
    for name, statistic in STATISTICS.items():
        row = _row(name, statistic, true[name], {kind: planted[kind][name] for kind in planted})
        rows.append(row | {"n": n})
        beyond = {kind: _told(numbers[name], row, statistic) for kind, numbers in planted.items()}
        planted = {kind: numbers[~beyond[kind]] for kind, numbers in planted.items()}
    return pd.DataFrame(rows)


def _row(name: str, statistic: Statistic, true: pd.Series, planted: dict[str, pd.Series]) -> dict:
    sign = statistic.errors_are
    worst = sign * (sign * true).quantile(1 - WORST)
    best = {kind: sign * (sign * planted[kind]).quantile(BEST) for kind in statistic.errors}
    kind = min(best, key=lambda kind: sign * best[kind])
    middle = (worst + best[kind]) / 2
    return {
        "statistic": name,
        "threshold": sign * max(sign * middle, sign * worst),
        "worst_true": worst,
        "best_planted": best[kind],
        "kind": kind,
    }


def _told(numbers: pd.Series, row: dict, statistic: Statistic) -> pd.Series:
    return statistic.errors_are * numbers > statistic.errors_are * row["threshold"]


def _numbers(seen: Inspection) -> pd.DataFrame:
    """A row for each picture: the lowest of its objects, NaN for none, and the leftover."""
    lowest = seen.objects.groupby("picture")[["match", "contrast"]].min()
    return lowest.reindex(range(len(seen.leftover))).assign(leftover=seen.leftover)
