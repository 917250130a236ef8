"""The true score of a mixture at every noise level.

Under the forward process a mixture of N(mu_k, s^2 I) stays one: at time t its
modes are N(sqrt(abar_t) mu_k, v_t I) with v_t = abar_t s^2 + 1 - abar_t. All
functions are stable far from every mode (log-sum-exp) and where abar_t vanishes.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mirage.datasets import GaussianMixture
from mirage.diffusion import Schedule


@dataclass(frozen=True)
class DiffusedMixture:
    """A mixture under a noise schedule. Points x: [batch, d]; t: a time, integer []."""

    mixture: GaussianMixture
    schedule: Schedule

    def log_prob(self, x: Tensor, t: Tensor) -> Tensor:
        """log q_t(x) in nats: [batch]."""
        logits, variance = self._logits(x, t)
        norm = math.log(logits.shape[1]) + x.shape[1] / 2 * math.log(2 * math.pi * variance)
        return logits.logsumexp(1) - norm

    def posterior(self, x: Tensor, t: Tensor) -> Tensor:
        """q(mode k | x_t = x): [batch, K]."""
        return self._logits(x, t)[0].softmax(1)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """grad_x log q_t(x): [batch, d]."""
        logits, variance = self._logits(x, t)
        return (logits.softmax(1) @ self._means(x, t) - x) / variance

    def noise(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise that a perfect network predicts, -sqrt(1 - abar_t) score: [batch, d]."""
        return -math.sqrt(1 - self.schedule.alphas_cumprod[int(t)]) * self.score(x, t)

    def _means(self, x: Tensor, t: Tensor) -> Tensor:
        abar = self.schedule.alphas_cumprod[int(t)]
        return torch.from_numpy(self.mixture.means * math.sqrt(abar)).to(x)

    def _logits(self, x: Tensor, t: Tensor) -> tuple[Tensor, float]:
        abar = float(self.schedule.alphas_cumprod[int(t)])
        variance = abar * self.mixture.std**2 + 1 - abar
        squares = (x[:, None] - self._means(x, t)).square().sum(-1)
        return -squares / (2 * variance), variance
