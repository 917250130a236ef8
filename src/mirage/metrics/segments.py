"""Whether one bridge is thinner than others: samples a length of it, on the same seeds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def log_ratio(
    hits: ArrayLike, floors: ArrayLike, lengths: ArrayLike, of: int, to: Sequence[int]
) -> np.ndarray:
    """Logarithm of the samples a length on one segment over those on the thinnest of others.

    Of each what modes of the model's own width show is taken off first: a short segment has
    more of it. Half a hit more on a mean length, so that none has a logarithm, and segments with
    none are alike.

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
    density = (above.T / size).T + 0.5 / size.mean()
    return np.log(density[of]) - np.log(density[list(to)].min(0))
