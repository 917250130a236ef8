"""Where the thresholds of the counter of shapes come from.

Each threshold lies midway between what degraded true pictures show at worst and what
degraded planted errors of the kind that it is for show at their best.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirage.datasets.planted import degrade, plant
from mirage.datasets.shapes import SimpleShapes
from mirage.support.shapes import Inspection, inspect

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
    "match": Statistic(("merged", "cut", "thick"), -1),
    "contrast": Statistic(("grey",), -1),
    "leftover": Statistic(("faint",), 1),
}


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
        exceed the other way, for the kind that is told worst), `kind` (that kind), `n`.
    """

    def seen(pictures: np.ndarray) -> dict[str, np.ndarray]:
        return _numbers(inspect(degrade(pictures, blur, haze, noise, rng), truth))

    true = seen(truth.sample(n, rng)[0])
    kinds = dict.fromkeys(kind for statistic in STATISTICS.values() for kind in statistic.errors)
    planted = {kind: seen(plant(truth, kind, n, rng)) for kind in kinds}
    return pd.DataFrame(
        [_row(name, statistic, true, planted) | {"n": n} for name, statistic in STATISTICS.items()]
    )


def _row(
    name: str,
    statistic: Statistic,
    true: dict[str, np.ndarray],
    planted: dict[str, dict[str, np.ndarray]],
) -> dict:
    sign = statistic.errors_are
    worst = sign * np.quantile(sign * true[name], 1 - WORST)
    best = {kind: sign * np.quantile(sign * planted[kind][name], BEST) for kind in statistic.errors}
    kind = min(best, key=lambda kind: sign * best[kind])
    return {
        "statistic": name,
        "threshold": (worst + best[kind]) / 2,
        "worst_true": worst,
        "best_planted": best[kind],
        "kind": kind,
    }


def _numbers(seen: Inspection) -> dict[str, np.ndarray]:
    """One number a picture: the lowest of its objects, where it has some; the leftover."""
    lowest = seen.objects.groupby("picture")[["match", "contrast"]].min()
    return {
        "match": lowest["match"].to_numpy(),
        "contrast": lowest["contrast"].to_numpy(),
        "leftover": seen.leftover,
    }
