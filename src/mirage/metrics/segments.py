"""Whether one bridge is thinner than others: samples a length of it, on the same seeds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def log_ratio(
    hits: ArrayLike, floors: ArrayLike, lengths: Sequence[float], of: int, to: Sequence[int]
) -> np.ndarray:
    """Logarithm of the samples a length on one segment over those on others together.

    Of either what modes of the model's own width show is taken off first: a short segment has
    more of it. Half a hit more on each, so that none has a logarithm.

    Args:
        hits: bridges on each segment: [S, ..., seeds].
        floors: those that modes as wide as the model's show: as hits.
        lengths: of the segments: [S].
        of, to: rows of the above.

    Returns:
        [..., seeds].
    """
    above = np.maximum(np.asarray(hits, float) - floors, 0)
    size = np.asarray(lengths, float)
    one, others = above[of] + 0.5, above[list(to)].sum(0) + 0.5
    return np.log(one / size[of]) - np.log(others / size[list(to)].sum())
