"""The window of Hal that tells best, chosen on one half of the samples, tested on the other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mirage.detectors import Score
from mirage.metrics.detection import rank
from mirage.metrics.rows import Row, estimate

LASTS = (1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 19, 24, 29, 39)
"""Last steps T2 of the windows [0, T2] that are compared."""


def candidates(predicted: tuple[int, int], steps: int) -> list[tuple[int, int]]:
    """The windows that are compared: those of LASTS that fit into the walk, and the predicted."""
    lasts = {last for last in LASTS if last < steps} | {predicted[1]}
    return [(0, last) for last in sorted(lasts)]


def measure(
    scores: pd.DataFrame, windows: Sequence[tuple[int, int]], predicted: tuple[int, int]
) -> list[Row]:
    """AUROC of the best window and of the predicted one.

    Samples with an even number are the calibration half, on which the best window is
    chosen; both windows are tested on the other half.

    Args:
        scores: Hal over each window (`hal_0_4`, ...) and `label`.
        windows: candidates, `predicted` among them.
        predicted: the window that noise and spacing predict.

    Returns:
        `window_steps` (length of the window) and `window_auroc` (on the test half), each for
        either `choice`, `predicted` and `best`; NaN where a half lacks one of the classes, and
        no best window then.
    """
    compared = [Score("hal", *window) for window in windows]
    calibration, test = (rank([half], compared) for half in (scores.iloc[0::2], scores.iloc[1::2]))
    known = all(calibration[compared[0]].counts) and all(test[compared[0]].counts)
    n = sum(test[compared[0]].counts)
    chosen = {"predicted": Score("hal", *predicted)}
    if known:
        areas = [calibration[score].auroc()[0] for score in compared]
        chosen["best"] = compared[int(np.argmax(areas))]
    rows = []
    for choice in ("predicted", "best"):
        score = chosen.get(choice)
        at = {"choice": choice, **(score._asdict() if score else {"detector": "hal"})}
        steps = float(score.last + 1) if score else np.nan
        rows.append(Row("window_steps", steps, len(scores), **at))
        if score and known:
            rows.append(estimate("window_auroc", *test[score].auroc(), n, largest=1.0, **at))
        else:
            rows.append(Row("window_auroc", np.nan, n, **at))
    return rows
