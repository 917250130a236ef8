"""A noise schedule that is learned (Kingma et al. 2021, *Variational diffusion models*).

Notation of the paper: z_t = alpha_t x + sigma_t eps with alpha_t^2 = sigmoid(-gamma(t)) and
sigma_t^2 = sigmoid(gamma(t)), so that exp(-gamma) is the signal-to-noise ratio; t runs from 0,
the data, to 1. In continuous time the diffusion loss is

    1/2 E_t E_eps [ gamma'(t) || eps - eps_hat(z_t, gamma(t)) ||^2 ]           (equation 17)

Its mean depends on gamma(0) and gamma(1) alone, which are learned with the bound; the variance of
its estimate at random t depends on the inside too, which is learned to make that small (section
5.1, appendix I.2). A small network of its own learns eps_hat on the way, and is not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR
from tqdm import tqdm

from mirage.networks.mlp import TemporalMLP
from mirage.rng import torch_rng, torch_seed

ENDS = -13.3, 5.0
"""Of gamma at the start: those of the paper (appendix B)."""
KNOTS, LEAST = 100, 0.01
"""Of the inside: sigmoids, and the share of it that rises evenly whatever is learned."""
FINENESS = 10.0
"""Of the network's time embedding, for each unit of gamma."""
WIDTH = 64
RATES = {"network": 2e-3, "ends": 1e-2, "inside": 5e-2}
"""Of Adam."""


class Gamma(nn.Module):
    """A monotone function of t in [0, 1]: evenly spaced sigmoids with positive weights.

    Scaled to run from one end to the other, as the paper's network of positive weights is
    (appendix I.2).
    """

    centres: Tensor

    def __init__(self, ends: Sequence[float] = ENDS) -> None:
        super().__init__()
        self.ends = nn.Parameter(torch.tensor(ends, dtype=torch.float64))
        self.inside = nn.Parameter(torch.zeros(KNOTS, dtype=torch.float64))
        self.register_buffer("centres", (torch.arange(KNOTS, dtype=torch.float64) + 0.5) / KNOTS)

    def forward(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """gamma(t) and its derivative. t: float64 [n]; returns [n] each."""
        value, slope = self._raw(t)
        (first, last), _ = self._raw(t.new_tensor([0.0, 1.0]))
        low, high = self.ends
        scale = (high - low) / (last - first)
        return low + scale * (value - first), scale * slope

    def _raw(self, t: Tensor) -> tuple[Tensor, Tensor]:
        weights = torch.softmax(self.inside, 0)
        step = torch.sigmoid(KNOTS * (t[:, None] - self.centres))
        slope = KNOTS * step * (1 - step) @ weights
        return LEAST * t + (1 - LEAST) * (step @ weights), LEAST + (1 - LEAST) * slope


class Denoiser(nn.Module):
    """A small network that predicts the noise in z: [n, d], at gamma: [n]."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.network = TemporalMLP(dim, WIDTH, tied=False, init="pytorch")

    def forward(self, z: Tensor, level: Tensor) -> Tensor:
        return self.network.predict(z, self.network.time_shifts(FINENESS * level))


@dataclass(frozen=True)
class Learned:
    """What was learned."""

    gamma: Gamma
    network: nn.Module

    def betas(self, timesteps: int) -> np.ndarray:
        """Of a discrete schedule whose first time has gamma(0) and whose last gamma(1): [T]."""
        t = torch.linspace(0, 1, timesteps, dtype=torch.float64)
        with torch.no_grad():
            abar = torch.sigmoid(-self.gamma(t)[0]).numpy()
        return 1 - abar / np.concatenate([[1.0], abar[:-1]])

    @torch.no_grad()
    def losses(self, data: Tensor, rng: torch.Generator, straight: bool = False) -> Tensor:
        """The diffusion loss in single points at even times: [n].

        Args:
            data: float32 [n, d].
            rng: of the noise.
            straight: whether gamma rises evenly between the same ends instead.
        """
        gamma = Gamma(self.gamma.ends.tolist()) if straight else self.gamma
        eps = torch.randn(data.shape, generator=rng)
        return diffusion_losses(gamma, self.network, data, even_times(len(data), rng), eps)


def learn(
    data: Tensor,
    updates: int = 2000,
    batch_size: int = 1000,
    seed: int = 0,
    network: nn.Module | None = None,
) -> Learned:
    """Learn a schedule, with a network that predicts noise, on some points.

    Args:
        data: float32 [n, d].
        updates: of both.
        batch_size: points of each, each at a time of its own.
        seed: of all that is random.
        network: gives the noise in z [n, d] at gamma [n]; None for a small one.
    """
    torch.manual_seed(torch_seed(seed, "schedule weights"))
    gamma, network = Gamma(), network or Denoiser(data.shape[1])
    groups = {"network": [*network.parameters()], "ends": [gamma.ends], "inside": [gamma.inside]}
    optimizer = torch.optim.Adam([{"params": groups[name], "lr": RATES[name]} for name in groups])
    fall = CosineAnnealingLR(optimizer, updates)
    bounded = [*groups["network"], gamma.ends]
    for update in tqdm(range(updates), "learning the schedule", mininterval=10):
        rng = torch_rng(seed, "schedule", block=update)
        x = data[torch.randint(len(data), (batch_size,), generator=rng)]
        t, eps = even_times(batch_size, rng), torch.randn(x.shape, generator=rng)
        losses = diffusion_losses(gamma, network, x, t, eps)
        bound = losses.mean() + end_losses(gamma, x).mean()
        # The mean does not depend on the inside: the least square is the least variance.
        gradients = torch.autograd.grad(bound, bounded, retain_graph=True)
        (steepest,) = torch.autograd.grad(losses.square().mean(), [gamma.inside])
        for parameter, gradient in zip(
            [*bounded, gamma.inside], [*gradients, steepest], strict=True
        ):
            parameter.grad = gradient
        optimizer.step()
        fall.step()
    return Learned(gamma, network)


def even_times(n: int, rng: torch.Generator) -> Tensor:
    """Times of a batch, evenly spaced from a random one on (appendix I.1): float64 [n]."""
    start = torch.rand(1, generator=rng, dtype=torch.float64)
    return (start + torch.arange(n, dtype=torch.float64) / n) % 1


def diffusion_losses(gamma: Gamma, network: nn.Module, x: Tensor, t: Tensor, eps: Tensor) -> Tensor:
    """What equation 17 averages, for points at times of their own, in nats: [n]."""
    level, slope = gamma(t)
    alpha, sigma = torch.sigmoid(-level).sqrt(), torch.sigmoid(level).sqrt()
    z = alpha[:, None].to(x.dtype) * x + sigma[:, None].to(x.dtype) * eps
    return slope * (eps - network(z, level.to(x.dtype))).square().sum(1) / 2


def end_losses(gamma: Gamma, x: Tensor) -> Tensor:
    """The rest of the bound (equation 11), for points that are no pixels, in nats: [n].

    The divergence of q(z_1 | x) from N(0, I), and the density of x about z_0 / alpha_0 with the
    noise that z_0 has.
    """
    low, high = gamma.ends
    kept, noise = torch.sigmoid(-high), torch.sigmoid(high)
    prior = (noise + kept * x.square() - 1 - F.logsigmoid(high)) / 2
    # x given z_0 has the variance exp(gamma(0)); the square of its error has that mean.
    return (prior + (low + np.log(2 * np.pi) + 1) / 2).sum(1)
