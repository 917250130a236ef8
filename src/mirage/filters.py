"""Which generated samples the next generation trains on.

A filter gives every sample a key; those with the smallest keys are kept, earlier
samples first among equals, so that all filters keep the same number. A new one is
a function, registered under a name. Every detector is a filter too, under its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import mirage.detectors  # noqa: F401  registers them
from mirage.registry import DETECTORS, FILTERS, RegistryError, filter

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Filter = Callable[["pd.DataFrame", "np.random.Generator"], "pd.Series | np.ndarray"]


@filter("none")
def none(scores: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """No choice: the first samples drawn."""
    return scores["sample"]


@filter("random")
def random(scores: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """A random choice, the control of Aithal et al. (2024), section 6."""
    return rng.random(len(scores))


@filter("oracle")
def oracle(scores: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """True labels: hallucinations go first, then what has none; valid samples are not ranked."""
    return (scores["label"] != "valid") * (1 + scores["label"].notna())


def by_score(detector: str) -> Filter:
    """Drop the samples with the largest score of a detector."""

    def rank(scores: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
        return scores[detector]

    return rank


def filters() -> dict[str, Filter]:
    """Every filter by its name, detectors among them."""
    return {name: by_score(name) for name in DETECTORS} | FILTERS


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
        name: of a filter or a detector.
        keep: how many to keep.
        rng: the random stream of this choice.
        threshold: the largest key that may be kept at all; fewer than `keep`
            samples are left where too many lie above it.

    Raises:
        ValueError: if `keep` exceeds the number of samples.
        RegistryError: naming the filter, if it does not give each sample a key.
    """
    if keep > len(scores):
        raise ValueError(f"cannot keep {keep} of {len(scores)} samples")
    keys = filters()[name](scores, rng)
    if len(keys) != len(scores):
        raise RegistryError(
            f"{FILTERS.places[name]}: filter {name!r} gave {len(keys)} keys for "
            f"{len(scores)} samples"
        )
    ranked = scores[["sample"]].assign(key=keys)
    if threshold is not None:
        ranked = ranked[ranked["key"] <= threshold]
    kept = ranked.sort_values("key", kind="stable").head(keep)
    return kept["sample"].sort_values().to_numpy()
