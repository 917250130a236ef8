"""Perfect models: the true score of a mixture, and the score of its training points.

Under the forward process a mixture of N(mu_k, s^2 I) stays one: at time t its
modes are N(sqrt(abar_t) mu_k, v_t I) with v_t = abar_t s^2 + 1 - abar_t. The
empirical data are the same with a mode of no width at each training point. Both
have the `noise` that a perfect network would predict, to put in a network's place.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import Schedule


@dataclass(frozen=True)
class DiffusedMixture:
    """A mixture under a noise schedule. Points x: [batch, d]; t: a time, integer [].

    All functions are stable far from every mode (log-sum-exp) and where abar_t vanishes.
    """

    mixture: GaussianMixture
    schedule: Schedule

    def log_prob(self, x: Tensor, t: Tensor) -> Tensor:
        """log q_t(x) in nats: [batch]."""
        variance = self.variance(t)
        norm = x.shape[1] / 2 * math.log(2 * math.pi * variance)
        return self._logits(x, t).logsumexp(1) - x.square().sum(1) / (2 * variance) - norm

    def posterior(self, x: Tensor, t: Tensor) -> Tensor:
        """q(mode k | x_t = x): [batch, K]."""
        return self._logits(x, t).softmax(1)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """grad_x log q_t(x): [batch, d]."""
        return (self.posterior(x, t) @ self._means(x, t) - x) / self.variance(t)

    def noise(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise that a perfect network predicts, -sqrt(1 - abar_t) score: [batch, d]."""
        return -math.sqrt(1 - self.schedule.alphas_cumprod[int(t)]) * self.score(x, t)

    def variance(self, t: Tensor | int) -> float:
        """v_t, of each coordinate within a diffused mode."""
        abar = float(self.schedule.alphas_cumprod[int(t)])
        return abar * self.mixture.std**2 + 1 - abar

    def _means(self, x: Tensor, t: Tensor) -> Tensor:
        abar = self.schedule.alphas_cumprod[int(t)]
        return torch.from_numpy(self.mixture.means * math.sqrt(abar)).to(x)

    def _logits(self, x: Tensor, t: Tensor) -> Tensor:
        """Log of weight times density of each mode, but for what all modes share: [batch, K].

        |x|^2 is shared and left out: far from all modes, only their difference tells.
        """
        means, variance = self._means(x, t), self.variance(t)
        own = torch.from_numpy(self.mixture.log_weights).to(x) - means.square().sum(1) / (
            2 * variance
        )
        return torch.addmm(own, x, means.T / variance)


@dataclass(frozen=True)
class DiffusedPoints:
    """The training points as a mixture of deltas, under a noise schedule.

    Its `noise` is what a network would predict that fits its data without error. The
    sum over the points is exact; it is taken in blocks, so that memory does not grow with them.

    Args:
        points: [n, d].
        block: points taken at once; the fastest leaves its products in a core's cache.
    """

    points: Tensor
    schedule: Schedule
    block: int = 512

    def noise(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise that the empirical score predicts: [batch, d]. t: a time, integer []."""
        abar = float(self.schedule.alphas_cumprod[int(t)])
        return (x - math.sqrt(abar) * self.x0_hat(x, t)) / math.sqrt(1 - abar)

    def x0_hat(self, x: Tensor, t: Tensor) -> Tensor:
        """Mean of the training points given x_t = x: [batch, d]."""
        abar = float(self.schedule.alphas_cumprod[int(t)])
        scaled = x * (math.sqrt(abar) / (1 - abar))
        largest = x.new_full((len(x), 1), -math.inf)
        total = x.new_zeros(len(x), 1 + x.shape[1])  # weights, and weighted points
        for points in self.points.to(x).split(self.block):
            own = points.square().sum(1) * (-abar / (2 * (1 - abar)))
            logits = torch.addmm(own, scaled, points.T)
            before, largest = largest, torch.maximum(largest, logits.amax(1, keepdim=True))
            weights = logits.sub_(largest).exp_()
            ones = points.new_ones(len(points), 1)
            total = total * (before - largest).exp() + weights @ torch.cat([ones, points], 1)
        return total[:, 1:] / total[:, :1]


def refined(schedule: Schedule, below: int, parts: int) -> Schedule:
    """The same noise with each of the times t < below reached in several equal steps.

    Equal in log abar; a time t of the old schedule has its abar at the last of its parts.
    """
    logs = np.log1p(-schedule.betas)
    counts = np.where(np.arange(len(logs)) < below, parts, 1)
    return Schedule(-np.expm1(np.repeat(logs / counts, counts)))
