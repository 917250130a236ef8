"""The forward process and one reverse step, in float64 where it matters.

Notation of Ho et al. (2020): x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps, with
abar_t the cumulative product of 1 - beta_t. Times run from 0 to T - 1, and t = 0
already carries the noise beta_0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Schedule:
    """A discrete noise schedule. betas: float64 [T]."""

    betas: np.ndarray

    @classmethod
    def linear(
        cls, timesteps: int = 1000, beta_start: float = 0.001, beta_end: float = 0.2
    ) -> Schedule:
        """Noise that rises linearly over T steps (Ho et al. 2020, section 4).

        The defaults are the official code's.
        """
        return cls(np.linspace(beta_start, beta_end, timesteps))

    @classmethod
    def cosine(cls, timesteps: int = 1000) -> Schedule:
        """Signal that falls as a squared cosine (Nichol and Dhariwal 2021, equation 17).

        As there, with the offset 0.008, so that the first steps are not too small, and no beta
        above 0.999, which is reached at the last time alone.
        """
        angles = (np.arange(timesteps + 1) / timesteps + 0.008) / 1.008 * np.pi / 2
        abar = np.cos(angles) ** 2
        return cls(np.minimum(1 - abar[1:] / abar[:-1], 0.999))

    @classmethod
    def given(cls, betas: Sequence[float]) -> Schedule:
        """Any noise, by its betas."""
        return cls(np.asarray(betas, np.float64))

    @cached_property
    def alphas_cumprod(self) -> np.ndarray:
        """abar_t for t = 0 .. T - 1: float64 [T]."""
        return np.cumprod(1 - self.betas)

    @cached_property
    def noise_levels(self) -> np.ndarray:
        """sqrt((1 - abar_t) / abar_t), the noise in data units: float64 [T]."""
        return np.sqrt(1 / self.alphas_cumprod - 1)

    def add_noise(self, x0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """Draw x_t given x_0 (Ho et al. 2020, equation 4).

        x0, eps: [batch, *sample]; t: integer [batch]; returns [batch, *sample].
        """
        import torch  # here alone: a schedule can be asked for its numbers without

        abar = torch.from_numpy(self.alphas_cumprod).to(x0.device)[t]
        abar = abar.view(-1, *[1] * (x0.ndim - 1))
        return abar.sqrt().to(x0.dtype) * x0 + (1 - abar).sqrt().to(x0.dtype) * eps


@dataclass(frozen=True)
class ReverseStep:
    """One reverse step as three linear maps, for any Gaussian sampler.

    x0_hat = x0_from_x * x_t + x0_from_eps * eps_hat
    x_prev = from_x0 * x0_hat + from_x * x_t + sigma * noise
    """

    t: int
    remaining: int
    """Steps still to come after this one; equals t where no time is left out."""
    abar: float
    """alphas_cumprod at t."""
    from_x0: float
    from_x: float
    sigma: float

    @property
    def x0_from_x(self) -> float:
        """1 / sqrt(abar)."""
        return self.abar**-0.5

    @property
    def x0_from_eps(self) -> float:
        """-sqrt((1 - abar) / abar)."""
        return -((1 / self.abar - 1) ** 0.5)

    @property
    def factors(self) -> tuple[float, float, float, float, float]:
        """x0_from_x, x0_from_eps, from_x0, from_x and sigma: the step without its time."""
        return self.x0_from_x, self.x0_from_eps, self.from_x0, self.from_x, self.sigma


def times_of(start: int, steps: int, spread: str = "even") -> np.ndarray:
    """Times from `start` down to 0: int [steps].

    Args:
        start: the first, at least `steps` - 1.
        steps: how many.
        spread: `even`, or `quadratic` (Song et al. 2021, appendix D.2): most at the end, where
            modes are told apart; the last are each time, as whole numbers lie no closer.
    """
    if spread == "even":
        return np.linspace(start, 0, steps).round().astype(int)
    squares = np.linspace(start**0.5, 0, steps) ** 2
    return np.maximum(squares.round().astype(int), np.arange(steps)[::-1])


def ddpm_steps(
    schedule: Schedule, times: np.ndarray, variance: str, std: float | None = None
) -> list[ReverseStep]:
    """Ancestral sampling (Ho et al. 2020, algorithm 2 and equations 7, 11).

    Where times are left out, beta_t is that of the jump: 1 - abar_t / abar_s. The
    last step adds no noise, but with `optimal`.

    A step replaces x_0 by its mean x0_hat and so loses the variance of x_0 about it,
    v_0 = s^2 (1 - abar) / v_t where modes stand apart (v_t as in `mirage.exact`); the optimal
    variance gives it back (Bao et al. 2022, Analytic-DPM, theorem 1), also in the last step.
    For one Gaussian the walk is exact, however coarse the times.

    Args:
        schedule: the forward process.
        times: from `times_of`.
        variance: `fixed_large` (beta_t), `fixed_small` (the posterior's) or `optimal`.
        std: s, the standard deviation of the modes that x_0 is drawn from; for `optimal`.
    """
    steps = []
    for remaining, t, abar, abar_prev in _jumps(schedule, times):
        beta = 1 - abar / abar_prev
        posterior = beta * (1 - abar_prev) / (1 - abar)
        noise = beta if variance == "fixed_large" else posterior
        from_x0 = abar_prev**0.5 * beta / (1 - abar)
        from_x = (1 - beta) ** 0.5 * (1 - abar_prev) / (1 - abar)
        if variance == "optimal":
            noise += from_x0**2 * _lost(abar, std)
        sigma = noise**0.5 if remaining or variance == "optimal" else 0.0
        steps.append(ReverseStep(t, remaining, abar, from_x0, from_x, sigma))
    return steps


def ddim_steps(schedule: Schedule, times: np.ndarray, eta: float) -> list[ReverseStep]:
    """Non-Markovian sampling (Song et al. 2021, equations 12 and 16)."""
    steps = []
    for remaining, t, abar, abar_prev in _jumps(schedule, times):
        beta = 1 - abar / abar_prev
        sigma = eta * ((1 - abar_prev) / (1 - abar) * beta) ** 0.5
        direction = max(1 - abar_prev - sigma**2, 0.0) ** 0.5
        from_x = direction / (1 - abar) ** 0.5
        from_x0 = abar_prev**0.5 - from_x * abar**0.5
        steps.append(ReverseStep(t, remaining, abar, from_x0, from_x, sigma))
    return steps


def reverse_steps(
    schedule: Schedule,
    times: np.ndarray,
    sampler: str = "ddpm",
    variance: str = "fixed_large",
    eta: float = 0.0,
    ddpm_tail: int = 0,
    std: float | None = None,
) -> list[ReverseStep]:
    """The steps of one sampler, or of DDIM whose last steps are DDPM's.

    Args:
        schedule: the forward process.
        times: from `times_of`.
        sampler: `ddpm` or `ddim`.
        variance: of DDPM's steps.
        eta: noise of DDIM's.
        ddpm_tail: how many of the last steps of DDIM are taken as DDPM's: their noise frees
            samples that are stuck between modes.
        std: of the modes, for variance `optimal`.
    """
    ddpm = ddpm_steps(schedule, times, variance, std)
    if sampler == "ddpm":
        return ddpm
    switch = len(times) - ddpm_tail
    return [*ddim_steps(schedule, times, eta)[:switch], *ddpm[switch:]]


def _lost(abar: float, std: float | None) -> float:
    """Variance of x_0 about its mean, given x_t near one mode."""
    if std is None:
        raise ValueError("variance 'optimal' needs the standard deviation of the modes")
    return std**2 * (1 - abar) / (abar * std**2 + 1 - abar)


def _jumps(schedule: Schedule, times: np.ndarray) -> Iterator[tuple[int, int, float, float]]:
    """(steps remaining, t, abar_t, abar of the next time) of each step."""
    abars = schedule.alphas_cumprod
    following = [*times[1:], None]
    for position, (t, s) in enumerate(zip(times, following, strict=True)):
        abar_prev = 1.0 if s is None else float(abars[s])
        yield len(times) - 1 - position, int(t), float(abars[t]), abar_prev
