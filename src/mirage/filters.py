"""Which generated samples the next generation trains on.

A filter gives every sample a key; those with the smallest keys are kept, earlier
samples first among equals, so that all filters keep the same number. A new one is
a function here, an entry in FILTERS, and its name in an experiment's
`recursion.filters`. Every detector is a filter too, under its own name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mirage.detectors import DETECTORS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Filter = Callable[["pd.DataFrame", "np.random.Generator"], "pd.Series | np.ndarray"]


def none(scores: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """No choice: the first samples drawn."""
    return scores["sample"]


def random(scores: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """A random choice, the control of Aithal et al. (2024), section 6."""
    return rng.random(len(scores))


def oracle(scores: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """True labels: hallucinations go first, valid samples are not ranked."""
    return scores["label"] != "valid"


def by_score(detector: str) -> Filter:
    """Drop the samples with the largest score of a detector."""

    def rank(scores: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
        return scores[detector]

    return rank


FILTERS: dict[str, Filter] = {
    "none": none,
    "random": random,
    "oracle": oracle,
    **{name: by_score(name) for name in DETECTORS},
}


def select(
    scores: pd.DataFrame,
    name: str,
    keep: int,
    rng: np.random.Generator,
    threshold: float | None = None,
) -> np.ndarray:
    """The ids of the samples that a filter keeps, in the order they were drawn.

    Args:
        scores: one row per sample, in the order drawn.
        name: a key of FILTERS.
        keep: how many to keep.
        rng: the random stream of this choice.
        threshold: the largest key that may be kept at all; fewer than `keep`
            samples are left where too many lie above it.

    Raises:
        ValueError: if `keep` exceeds the number of samples.
    """
    if keep > len(scores):
        raise ValueError(f"cannot keep {keep} of {len(scores)} samples")
    ranked = scores[["sample"]].assign(key=FILTERS[name](scores, rng))
    if threshold is not None:
        ranked = ranked[ranked["key"] <= threshold]
    kept = ranked.sort_values("key", kind="stable").head(keep)
    return kept["sample"].sort_values().to_numpy()
