"""From evidence to a verdict, among all claims that are looked at together.

Evidence is two p values: of what was seen if the claim is false, and of what was seen if the
effect is as large as wanted. A claim holds if the first, adjusted for its family, is at most
alpha; it does not hold if the second is; otherwise it is undecided.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALPHA = 0.05
LEAST_SEEDS = 3
"""With fewer there is no evidence."""
HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"


@dataclass(frozen=True)
class Evidence:
    """Of a claim that has not been adjusted for its family; NaN where nothing is known.

    Numbers, or arrays with one for each of several runs.
    """

    holds: np.ndarray | float
    """P of what was seen, or more of it, if the claim is false."""
    fails: np.ndarray | float
    """P of what was seen, or less of it, if the effect is as large as wanted."""


def all_of(*parts: Evidence) -> Evidence:
    """Evidence for a claim that holds if all its parts do, and fails if one of them does.

    The largest p value needs no adjustment for that there are several; of those against, the
    smallest one does, and gets Bonferroni's.
    """
    holds, fails = (
        np.array([getattr(part, name) for part in parts]) for name in ("holds", "fails")
    )
    return Evidence(holds.max(axis=0), np.minimum(1.0, len(parts) * fails.min(axis=0)))


def holm(p: Sequence[float]) -> np.ndarray:
    """P values adjusted for that all of a family are looked at (Holm 1979).

    NaN stays NaN, and counts as the largest: what was not run never eases a verdict.
    """
    raw = np.asarray(p, float)
    order = np.argsort(raw)  # NaN last
    steps = raw[order] * np.arange(len(raw), 0, -1)
    adjusted = np.full(len(raw), np.nan)
    known = np.isfinite(steps)
    adjusted[order[known]] = np.minimum(np.maximum.accumulate(steps[known]), 1)
    return adjusted


def verdicts(holds: Sequence[float], fails: Sequence[float], alpha: float = ALPHA) -> list[str]:
    """The verdict on each claim of a family, by its p values as `holm` adjusts them.

    Where both are small the claim holds: there is an effect, and it is smaller than wanted.
    """
    cases = [np.asarray(holds) <= alpha, np.asarray(fails) <= alpha]
    return np.select(cases, [HOLDS, FAILS], UNDECIDED).tolist()
