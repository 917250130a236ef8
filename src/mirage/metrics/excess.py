"""What a share of samples has beyond that of the true score, drawn by the same sampler.

Few and large steps stray by themselves. What is left when the true score's own result is taken
off is the network's doing.
"""

import numpy as np
import pandas as pd

from mirage.metrics.names import AT

SHARE = "_rate"
"""How the names of metrics end that are shares of all samples."""


def over_truth(measured: pd.DataFrame, true: pd.DataFrame) -> pd.DataFrame:
    """Rows of metrics with the true score's own value beside each.

    Args:
        measured, true: rows of the metrics table, of a network and of the true score.

    Returns:
        `measured` with `true_value` where it has one, and, of shares, `excess` over it with
        the 95 % interval of the difference of two proportions, `excess_low` and `excess_high`
        (Newcombe 1998, method 10: by Wilson's of each).
    """
    at = ["metric", *AT]
    ends = true[[*at, "value", "low", "high"]].rename(
        columns={name: f"true_{name}" for name in ("value", "low", "high")}
    )
    both = measured.merge(ends, on=at, how="left", validate="one_to_one")
    excess = both["value"] - both["true_value"]
    below = np.hypot(both["value"] - both["low"], both["true_high"] - both["true_value"])
    above = np.hypot(both["high"] - both["value"], both["true_value"] - both["true_low"])
    numbers = {"excess": excess, "excess_low": excess - below, "excess_high": excess + above}
    shares = both["metric"].str.endswith(SHARE)
    return both.assign(**{name: values.where(shares) for name, values in numbers.items()}).drop(
        columns=["true_low", "true_high"]
    )
