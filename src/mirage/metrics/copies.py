"""Samples that stand at the very place of another: copies, which count for nothing.

A sampler of continuous points never draws one twice but by rounding. In the plane that is as
good as never; on a line of float32, where modes have some hundred thousand numbers to a standard
deviation, it is one in a hundred of 100,000 samples, and nearly all of a hundred million.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.rows import Row

PLACE = ["mode", "distance", "angle"]
ONE_IN = 64
"""Samples whose place is remembered. By their place, so that all its copies are among them."""
ALLOWED = 0.01
"""Share of copies that no matter is made of, beyond twice what rounding makes."""
PARTS = 400
"""Quantiles of a mode."""


def repeated(labels: pd.DataFrame, of: np.ndarray | None = None) -> np.ndarray:
    """Whether each sample stands where an earlier one does: bool [n].

    Args:
        labels: columns PLACE, as `endpoint.label` gives them.
        of: the model that each is of, where there are several.
    """
    places = labels[PLACE]
    return places.assign(of=0 if of is None else of).duplicated().to_numpy()


def marks(labels: pd.DataFrame) -> np.ndarray:
    """Marks of the places of one sample in 64, equal where places are: uint64 [m]."""
    known = [name for name in PLACE if name in labels]
    places = labels[known].astype(dict.fromkeys(set(known) - {"mode"}, "float64"))
    found = pd.util.hash_pandas_object(places, index=False).to_numpy()
    return found[found % ONE_IN == 0]


def distinct(found: np.ndarray, n: int, mixture: GaussianMixture) -> Row:
    """Share of samples that are no copy; its floor is what rounding leaves of exact draws.

    Args:
        found: marks of all samples.
        n: samples.
        mixture: that they should follow.
    """
    share = len(np.unique(found)) / len(found) if len(found) else np.nan
    return Row("distinct", share, len(found), floor=rounded(n, mixture))


def rounded(n: int, mixture: GaussianMixture) -> float:
    """Share of n exact draws that are distinct in float32; 1 in the plane."""
    modes, dim = mixture.means.shape
    if dim > 1:
        return 1.0
    noise = mixture.std * norm.ppf((np.arange(PARTS) + 0.5) / PARTS)
    x = (mixture.means + noise).reshape(-1, 1)
    # Others at the same number, on average.
    others = n * np.exp(mixture.log_prob(x)) * np.spacing(np.abs(x[:, 0]).astype(np.float32))
    by_mode = (-np.expm1(-others) / others).reshape(modes, -1).mean(1)
    return float(np.exp(mixture.log_weights) @ by_mode)


def too_many(share: float, floor: float) -> bool:
    """Whether fewer are distinct than rounding explains."""
    return 1 - share > ALLOWED + 2 * (1 - floor)
