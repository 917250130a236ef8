"""A perfect model of Simple Shapes, and one that draws their columns independently.

Given x_t the three columns are independent but for one thing: no picture is blank. So the
posterior is a product over columns, each a sum over where its shape may stand, less the blank
picture. It is what a network learns in part; what it leaves out is seen beside it.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from mirage.datasets.shapes import SimpleShapes
from mirage.diffusion import Schedule


@dataclass(frozen=True)
class DiffusedShapes:
    """Simple Shapes under a noise schedule. Pictures x: [batch, 1, size, size]; t: a time [].

    Args:
        truth: with a presence below 1.
        schedule: the forward process.
        coupled: whether blank pictures are dropped, as they are in the truth; otherwise each
            column is drawn without a look at the others.
    """

    truth: SimpleShapes
    schedule: Schedule
    coupled: bool = True

    def noise(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise that a perfect network predicts: [batch, 1, size, size]."""
        abar = float(self.schedule.alphas_cumprod[int(t)])
        return (x - math.sqrt(abar) * self.x0_hat(x, t)) / math.sqrt(1 - abar)

    def x0_hat(self, x: Tensor, t: Tensor) -> Tensor:
        """Mean of the true pictures given x_t = x: [batch, 1, size, size]."""
        abar = float(self.schedule.alphas_cumprod[int(t)])
        seen = x.flatten(1).double() * (2 * math.sqrt(abar) / (1 - abar))
        odds = self.truth.presence / (1 - self.truth.presence)
        # Log odds of each place of a shape against an empty column; pixels are -1 or 1.
        drawn = [at.to(seen.device) for at in self._places]
        places = [seen @ at.T + math.log(odds / len(at)) for at in drawn]
        there = torch.stack([logits.logsumexp(1) for logits in places])
        ratios = softplus(there)  # of a column, to an empty one
        total = ratios.sum(0)
        if self.coupled:
            # log(exp(total) - 1); where that is lost to rounding, the columns' odds add up.
            total = torch.where(total > 1e-9, total + _log1mexp(total), there.logsumexp(0))
        x0_hat = -torch.ones_like(seen)
        for logits, ratio, at in zip(places, ratios, drawn, strict=True):
            others = ratios.sum(0) - ratio
            x0_hat += 2 * (logits + (others - total)[:, None]).exp() @ at
        return x0_hat.to(x.dtype).reshape(x.shape)

    @cached_property
    def _places(self) -> list[Tensor]:
        """Each shape wherever it may stand, its pixels 1 and the others 0: [places, pixels]."""
        drawn = []
        for shape in self.truth.shapes:
            top, left = np.mgrid[
                shape.top[0] : shape.top[1] + 1, shape.left[0] : shape.left[1] + 1
            ].reshape(2, -1)
            pictures = self.truth.blank(len(top))
            self.truth.draw(pictures, np.arange(len(top)), shape, top, left)
            drawn.append(torch.from_numpy(pictures.reshape(len(top), -1)).double())
        return drawn


def _log1mexp(x: Tensor) -> Tensor:
    """log(1 - exp(-x)) for x > 0, without loss where x is small."""
    return (-torch.expm1(-x)).log()
