"""The smoothness of a learned score at midpoints, and the bridges that it makes."""

import numpy as np
import pandas as pd


def relation(training: pd.DataFrame) -> dict[str, float]:
    """Least squares of a pair's hallucination rate on its slope ratio, over training time.

    Args:
        training: columns `ratio`, `hits`, `n`, one row per pair and snapshot, at one time t.

    Returns:
        `slope`, `intercept`, `r_squared` and `points`; NaN where nothing varies.
    """
    rate = training["hits"] / training["n"]
    known = training["ratio"].notna()
    if training.loc[known, "ratio"].nunique() < 2 or rate[known].nunique() < 2:
        return {"slope": np.nan, "intercept": np.nan, "r_squared": np.nan, "points": known.sum()}
    ratio, rate = training.loc[known, "ratio"], rate[known]
    slope, intercept = np.polyfit(ratio, rate, 1)
    return {
        "slope": float(slope),
        "intercept": float(intercept),
        "r_squared": float(np.corrcoef(ratio, rate)[0, 1] ** 2),
        "points": int(known.sum()),
    }
