"""How far the counter of shapes can be trusted: false alarms, and misses by kind of error."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mirage.datasets.planted import KINDS, degrade, plant
from mirage.datasets.shapes import SimpleShapes
from mirage.labels import pixel_count
from mirage.labels.shapes import TYPES, Thresholds, label_pictures
from mirage.metrics.rows import rate

TRUE = "true"
"""Pictures drawn from the distribution itself, which no error was planted in."""


def audit(
    truth: SimpleShapes,
    thresholds: Thresholds,
    blur: float,
    haze: float,
    noise: float,
    true: int,
    planted: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Let the counter, and a rule that counts pixels, judge pictures whose label is known.

    Args:
        truth: the distribution of true pictures.
        thresholds: of the counter.
        blur, haze, noise: of the degraded pictures, as in `mirage.datasets.planted.degrade`.
        true: pictures without an error.
        planted: errors of each kind.
        rng: draws pictures that calibration has not seen.

    Returns:
        The confusion table: `method` (`counter` or `pixel_count`), `pictures` (`true` or
        a kind of planted error), `truth` (the label they should get), `degraded`, `label`
        (that they got), `count` of `n`, `share` with its Wilson interval `low`, `high`.
    """
    methods: dict[str, tuple[Callable, tuple[str, ...]]] = {
        "counter": (lambda x: label_pictures(x, truth, thresholds)["label"].to_numpy(), TYPES),
        "pixel_count": (lambda x: pixel_count.label_pictures(x, truth), ("valid", "invalid")),
    }
    rows = []
    due = {TRUE: "valid"} | {kind: label for kind, (label, _) in KINDS.items()}
    for kind, label in due.items():
        n = true if kind == TRUE else planted
        clean = truth.sample(n, rng)[0] if kind == TRUE else plant(truth, kind, n, rng)
        worse = degrade(clean, blur, haze, noise, rng)
        for degraded, pictures in ((False, clean), (True, worse)):
            for method, (judge, labels) in methods.items():
                place = {"method": method, "pictures": kind, "truth": label, "degraded": degraded}
                rows += [place | row for row in _counts(judge(pictures), labels)]
    return pd.DataFrame(rows)


def _counts(found: np.ndarray, labels: tuple[str, ...]) -> list[dict]:
    rows = []
    for label in labels:
        share = rate(label, (found == label).sum(), len(found))
        rows.append(
            {
                "label": label,
                "count": int((found == label).sum()),
                "n": len(found),
                "share": share.value,
                "low": share.low,
                "high": share.high,
            }
        )
    return rows
