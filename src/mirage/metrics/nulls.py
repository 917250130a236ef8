"""Counts of points beside what random directions give: by permutation, or exactly.

Counts of several seeds are pooled without their points: a turn of all seeds is one of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom


@dataclass(frozen=True)
class Turned:
    """A count of points against that of the points turned at random, as a permutation test."""

    hits: int
    n: int
    """Points that are looked at."""
    turned: np.ndarray
    """Hits of each turn of all points: int [turns]."""

    @classmethod
    def pooled(cls, parts: "Sequence[Turned]") -> "Turned":
        """Of several seeds together: a turn of all is a turn of each."""
        turns = np.sum([part.turned for part in parts], axis=0)
        return cls(sum(part.hits for part in parts), sum(part.n for part in parts), turns)

    @property
    def expected(self) -> float:
        """Hits of random directions, on average."""
        return float(self.turned.mean())

    def more(self, times: float = 1.0) -> float:
        """P that random directions give as many hits, or would if they gave `times` as many."""
        return float((1 + (times * self.turned >= self.hits).sum()) / (1 + len(self.turned)))

    def fewer(self) -> float:
        """P that random directions give as few hits."""
        return float((1 + (self.turned <= self.hits).sum()) / (1 + len(self.turned)))


@dataclass(frozen=True)
class Sides:
    """A count of points on one side against that both sides are alike, exactly."""

    hits: int
    n: int
    """Points that are looked at."""

    @classmethod
    def pooled(cls, parts: "Sequence[Sides]") -> "Sides":
        """Of several seeds together."""
        return cls(sum(part.hits for part in parts), sum(part.n for part in parts))

    @property
    def expected(self) -> float:
        """Hits of random sides, on average."""
        return self.n / 2

    def more(self, times: float = 1.0) -> float:
        """P that random sides give as many hits, or would if there were `times` as many."""
        return float(binom.sf(self.hits - 1, self.n, times / (1 + times)))

    def fewer(self) -> float:
        """P that random sides give as few hits."""
        return float(binom.cdf(self.hits, self.n, 0.5))
