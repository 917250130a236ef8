"""Statistics of the predicted clean sample that tell a hallucination.

A detector walks along: it is given x0_hat at each reverse step of its window and
keeps memory for one block of samples, whatever the number of steps. A new one is
a class with `update` and `value`, registered under a name. One that looks at the final sample
too has `end`, which is given the last x0_hat of the walk, whatever the window; one that makes
sense of pictures alone says so, `pictures = True`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from mirage.registry import detector

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor


class Detector(Protocol):
    """A running statistic of one window of a trajectory."""

    def update(self, x0_hat: Tensor) -> None:
        """See the next prediction. x0_hat: [batch, *sample]."""

    def value(self) -> Tensor:
        """The score of each sample: [batch]; larger is more suspicious."""


@detector("hal")
class Hal:
    """Variance over time of x0_hat, averaged over coordinates.

    The Hal metric of Aithal et al. (2024), section 5, with the population variance of the
    official code. Sums are taken about the first prediction, so that the small
    variance of a settled sample survives in float32.
    """

    def __init__(self) -> None:
        self._count = 0

    def update(self, x0_hat: Tensor) -> None:
        """See the next prediction. x0_hat: [batch, *sample]."""
        if self._count == 0:
            self._origin = x0_hat.clone()
            self._sum = x0_hat.new_zeros(x0_hat.shape)
            self._sum_of_squares = x0_hat.new_zeros(x0_hat.shape)
        shift = x0_hat - self._origin
        self._sum += shift
        self._sum_of_squares += shift.square()
        self._count += 1

    def value(self) -> Tensor:
        """Mean over coordinates of the variance over the window: [batch]."""
        return self._variance().mean(1).clamp_min(0)

    def _variance(self) -> Tensor:
        """The variance of each coordinate over the window, but for rounding: [batch, d]."""
        mean = self._sum / self._count
        return (self._sum_of_squares / self._count - mean.square()).flatten(1)


@detector("hal_moving")
class HalMoving(Hal):
    """Variance over time of x0_hat, averaged over the coordinates that move.

    Each coordinate counts in proportion to its own variance v: the score is
    sum(v^2) / sum(v), the contraharmonic mean. Coordinates that stand still count for
    nothing, so that a background of any size leaves the score as it is, where Hal is
    diluted by it; k coordinates that move alike score their common variance, whatever k.
    No threshold has to be chosen between moving and still. On a line it is Hal itself; it
    is never below Hal, and zero where nothing moves.
    """

    def value(self) -> Tensor:
        """The mean of the variances, weighted by themselves: [batch]."""
        variance = self._variance().clamp_min(0).double()  # squares of 1e-20 must not vanish
        total = variance.sum(1)
        weighted = variance.square().sum(1) / total
        return weighted.where(total > 0, total).to(self._sum.dtype)


LEAST_OBJECT = 4
"""Pixels of the smallest bright region that is an object: a quarter of a shape at 32 pixels."""


@detector("hal_objects")
class HalObjects(Hal):
    """The largest of the variances over time of a picture's objects.

    Objects are the connected bright regions of the final picture, where bright is above the
    middle of [-1, 1] and pixels that touch at a corner are connected. The variance of one is that
    of its pixels, averaged over them and over channels. Neither the background nor the number of
    objects that stand still adds to it; zero without an object.
    """

    pictures = True

    def end(self, x0_hat: Tensor) -> None:
        """See the last prediction of the walk. x0_hat: [batch, c, h, w]."""
        self._final = x0_hat

    def value(self) -> Tensor:
        """Largest mean over an object's pixels of their variance: [batch]."""
        variance = self._variance().clamp_min(0).view_as(self._origin).mean(1)
        bright = self._bright().mean(1).cpu().numpy() > 0
        regions, means = objects(variance.cpu().numpy(), bright)
        return variance.new_tensor(means[regions].max((1, 2)))

    def _bright(self) -> Tensor:
        """The picture whose bright regions are objects: [batch, c, h, w]."""
        return self._final


@detector("hal_objects_union")
class HalObjectsUnion(HalObjects):
    """The same of whatever was bright at some step of the window, still there or not.

    Objects that touch, each at its time, are one. An object that the walk gave up counts.
    """

    def update(self, x0_hat: Tensor) -> None:
        """See the next prediction. x0_hat: [batch, c, h, w]."""
        self._brightest: Tensor = self._brightest.maximum(x0_hat) if self._count else x0_hat
        super().update(x0_hat)

    def _bright(self) -> Tensor:
        return self._brightest


def objects(variance: np.ndarray, bright: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bright regions of pictures, and the mean of a variance over each.

    Args:
        variance, bright: [n, h, w]; bright is bool.

    Returns:
        Regions numbered over all pictures from 1, where pixels are of none or of one that is too
        small 0: int [n, h, w]. By number, the mean over its pixels: float [m], 0 at 0.
    """
    from scipy import ndimage  # where it is needed: points are drawn without

    touching = np.zeros((3, 3, 3), bool)
    touching[1] = True  # neighbours on all eight sides, none in another picture
    regions, _ = ndimage.label(bright, touching)
    pixels = np.bincount(regions.ravel())
    small = pixels < LEAST_OBJECT
    small[0] = True
    means = np.bincount(regions.ravel(), variance.ravel()) / np.maximum(pixels, 1)
    return np.where(small[regions], 0, regions), np.where(small, 0, means)


class Score(NamedTuple):
    """A detector's score over a window [first, last] of steps before the end, both counted."""

    detector: str
    first: int
    last: int

    @property
    def column(self) -> str:
        """Its column in tables of samples: `hal_0_4`. Not to be parsed."""
        return f"{self.detector}_{self.first}_{self.last}"

    def rows(self, table: pd.DataFrame) -> pd.Series:
        """Which rows of a long table are of this score, by its columns of the same names."""
        window = (table["first"] == self.first) & (table["last"] == self.last)
        return window & (table["detector"] == self.detector)


OFFICIAL = Score("hal", 0, 9)
"""The window of the official code of Aithal et al. (2024)."""


def every_score(detectors: Sequence[str], windows: Sequence[tuple[int, int]]) -> list[Score]:
    """The scores that are taken of a generation, detector by detector."""
    return [Score(name, *window) for name in detectors for window in windows]
