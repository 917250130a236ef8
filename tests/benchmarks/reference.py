"""The official algorithm, written plainly: the yardstick of the engine.

Float32, eager PyTorch, whole batches, the time embedding computed for every sample,
every prediction kept in a list, and Hal taken at the end, as the code published with
Aithal et al. (2024) does. It reads the weights of a `TemporalMLP` with tied layers.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mirage.diffusion import ReverseStep
from mirage.networks.mlp import TemporalMLP


def predict(network: TemporalMLP, x: Tensor, t: Tensor) -> Tensor:
    """The noise in x_t. x: [batch, d]; t: [batch]; returns [batch, d]."""
    half = network.width // 2
    frequencies = torch.exp(-math.log(10_000) * torch.arange(half, device=t.device) / (half - 1))
    angles = t[:, None] * frequencies
    embedding = F.leaky_relu(network.time(torch.cat([angles.sin(), angles.cos()], 1)), 0.02)
    (block,) = network.blocks
    hidden = network.input(x)
    for _ in range(network.layers):
        out = block.linear1(F.leaky_relu(block.norm1(hidden), 0.02))
        out = out + block.time(embedding)
        hidden = hidden + block.linear2(F.leaky_relu(block.norm2(out), 0.02))
    return network.output(network.norm(hidden))


@torch.no_grad()
def sample(
    network: TemporalMLP,
    steps: Sequence[ReverseStep],
    x: Tensor,
    draw_noise: Callable[[], Tensor],
    window: int = 10,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Draw a whole batch at once.

    Args:
        x: the start, N(0, I): [batch, d].
        draw_noise: N(0, I) of x's shape.
        window: how many of the last predictions Hal is taken over.

    Returns:
        The samples [batch, d], their Hal [batch], and all predictions x0_hat, a list of
        [batch, d].
    """
    states, predictions = [x], []
    for step in steps:
        t = torch.full((len(x),), step.t, device=x.device)
        eps_hat = predict(network, x, t)
        x0_hat = step.x0_from_x * x + step.x0_from_eps * eps_hat
        x = step.from_x0 * x0_hat + step.from_x * x
        if step.sigma:
            x = x + step.sigma * draw_noise()
        predictions.append(x0_hat)
        states.append(x)
    hal = np.var(torch.stack(predictions[-window:]).cpu().numpy(), axis=0).mean(1)
    return x, torch.from_numpy(hal), predictions


def update(
    network: TemporalMLP, optimizer: torch.optim.Optimizer, x_t: Tensor, t: Tensor, eps: Tensor
) -> float:
    """One update on a batch. x_t, eps: [batch, d]; t: [batch]."""
    loss = F.mse_loss(predict(network, x_t, t), eps)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
