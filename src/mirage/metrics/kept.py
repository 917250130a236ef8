"""What windows of Hal keep at 95 % found, with thresholds from other samples."""

from collections.abc import Iterable

import pandas as pd

from mirage.detectors import Score
from mirage.metrics.rows import Row
from mirage.metrics.transfer import TEST, test, threshold


def measure(scores: pd.DataFrame, windows: Iterable[Row]) -> list[Row]:
    """Shares of valid samples kept, and of hallucinations found, on the odd samples.

    The threshold is found on the even ones (`transfer.threshold`).

    Args:
        scores: columns `sample`, `label` and those of Hal over each window.
        windows: rows of `metrics.windows` that say how each window was chosen; those without
            a window are passed over.

    Returns:
        `window_kept` and `window_found` for each `choice`; NaN with too few hallucinations.
    """
    odd = scores[scores["sample"] % 2 == TEST]
    rows = []
    for row in windows:
        if row.metric != "window_steps" or row.first is None or row.last is None:
            continue
        score = Score("hal", row.first, row.last)
        told = test(odd, score, threshold(scores, score))
        at = {"choice": row.choice, **score._asdict()}
        for metric, name, of in (
            ("window_kept", "specificity", "valid"),
            ("window_found", "sensitivity", "hallucinated"),
        ):
            low, high = told[f"{name}_low"], told[f"{name}_high"]
            rows.append(Row(metric, told[name], int(told[of]), low, high, **at))
    return rows
