"""The paper's network for points, after the official code.

Its three residual layers are one layer applied three times, as there; `tied=False`
gives each its own weights. The input and output layers stay in float32 under
autocast: a mode is narrower than the rounding of bfloat16.
"""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TemporalMLP(nn.Module):
    """Residual MLP with a sinusoidal time embedding. x: [batch, d]; t: [] or [batch].

    Args:
        dim: coordinates of a point.
        width: hidden features, an even number.
        layers: residual layers.
        tied: whether they share one set of weights.
        init: initial weights, `xavier` (uniform, with zero biases, as in the official code)
            or `pytorch` (its default for linear layers, which learns narrow modes far sooner).
    """

    def __init__(
        self, dim: int, width: int = 128, layers: int = 3, tied: bool = True, init: str = "xavier"
    ) -> None:
        super().__init__()
        self.layers, self.width = layers, width
        self.input = nn.Linear(dim, width, bias=False)
        self.time = nn.Linear(width, width)
        self.blocks = nn.ModuleList(TemporalLayer(width) for _ in range(1 if tied else layers))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, dim)
        if init == "xavier":
            self.apply(_xavier)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x_t: [batch, d]."""
        if t.ndim and not t.is_cuda:  # few times are distinct: each is embedded once
            times, index = t.unique(return_inverse=True)
            return self.predict(x, self.time_shifts(times)[index])
        return self.predict(x, self.time_shifts(t))

    def time_shifts(self, t: Tensor) -> Tensor:
        """What time adds in each block, which no x changes: [1 or times, blocks, width]."""
        with torch.autocast(t.device.type, enabled=False):
            embedding = F.leaky_relu(self.time(sinusoids(t, self.width)), 0.02)
            return torch.stack([layer.time(embedding) for layer in self.distinct_layers], 1)

    @property
    def distinct_layers(self) -> list["TemporalLayer"]:
        """The layers with weights of their own: one if they are tied."""
        return cast(list[TemporalLayer], list(self.blocks))

    def predict(self, x: Tensor, shifts: Tensor) -> Tensor:
        """Predict the noise, given `time_shifts` of each sample or of all: [batch, d]."""
        with torch.autocast(x.device.type, enabled=False):
            hidden = self.input(x)
        for layer in range(self.layers):
            number = layer % len(self.blocks)
            hidden = self.blocks[number](hidden, shifts[:, number])
        with torch.autocast(x.device.type, enabled=False):
            return self.output(self.norm(hidden))


class TemporalLayer(nn.Module):
    """One residual layer. hidden: [batch, width]; shift: [1 or batch, width]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, width, bias=False)
        self.time = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.linear2 = nn.Linear(width, width, bias=False)

    def forward(self, hidden: Tensor, shift: Tensor) -> Tensor:
        out = self.linear1(F.leaky_relu(self.norm1(hidden), 0.02)) + shift
        return hidden + self.linear2(F.leaky_relu(self.norm2(out), 0.02))


def _xavier(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def sinusoids(t: Tensor, width: int) -> Tensor:
    """Sines and cosines of t at geometric frequencies (Ho et al. 2020): [1 or batch, width]."""
    half = width // 2
    steps = torch.arange(half, device=t.device) / max(half - 1, 1)
    angles = t.reshape(-1, 1) * torch.exp(-math.log(10_000) * steps)
    return torch.cat([angles.sin(), angles.cos()], 1)
