"""The window of Hal that tells best, chosen on one half of the samples, tested on the other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from mirage.detectors import column
from mirage.metrics.detection import defined, delong_error, finite
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
        `best` and `predicted`; NaN where a half lacks one of the classes.
    """
    positive = (scores["label"] != "valid").to_numpy()
    calibration = np.arange(len(scores)) % 2 == 0
    known = defined(positive[calibration]) and defined(positive[~calibration])
    best = None
    if known:
        areas = [
            roc_auc_score(positive[calibration], _hal(scores, window)[calibration])
            for window in windows
        ]
        best = windows[int(np.argmax(areas))]
    rows = [Row("window_steps", float(predicted[1] + 1), len(scores), "predicted")]
    rows.append(Row("window_steps", float(best[1] + 1) if best else np.nan, len(scores), "best"))
    truth = positive[~calibration]
    for name, window in (("predicted", predicted), ("best", best)):
        if not known:
            rows.append(Row("window_auroc", np.nan, len(truth), name))
            continue
        score = _hal(scores, window)[~calibration]
        area, error = roc_auc_score(truth, score), delong_error(truth, score)
        rows.append(estimate("window_auroc", area, error, len(truth), name, largest=1.0))
    return rows


def _hal(scores: pd.DataFrame, window: tuple[int, int]) -> np.ndarray:
    return finite(scores[column("hal", window)])
