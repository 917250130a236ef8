"""Walks from noise to samples, watched by observers.

Pure functions: the model, the start, the steps and the noise go in, samples come
out; whatever is wanted of the way is kept by observers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pandas as pd
import torch
from torch import Tensor

from mirage import frames
from mirage.diffusion import ReverseStep
from mirage.rng import normal_noise
from mirage.trajectory import WindowScores

STRIDE = 16
"""Steps that a fused model takes at a time. Its memory is this many times the block."""

Model = Callable[[Tensor, Tensor], Tensor]
"""Predicts the noise: (x_t [batch, *sample], t []) -> eps_hat [batch, *sample]."""


@runtime_checkable
class FusedModel(Protocol):
    """A model that takes several reverse steps by itself, without leaving the chip."""

    def advance(
        self, x: Tensor, steps: Sequence[ReverseStep], noise: Tensor, clip: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Take k reverse steps.

        Args:
            x: [batch, *sample].
            noise: N(0, I), used by the steps that have some: [k, batch, *sample].

        Returns:
            x after the steps; and before each step x_t, and its x0_hat:
            [batch, *sample], [k, batch, *sample], [k, batch, *sample].
        """


Observer = Callable[[ReverseStep, Tensor, Tensor], None]
"""Sees (step, x_t, x0_hat) at every reverse step; both tensors [batch, *sample]."""


@torch.inference_mode()
def walk(
    model: Model | FusedModel,
    x: Tensor,
    steps: Sequence[ReverseStep],
    draw_noise: Callable[[], Tensor],
    observers: Sequence[Observer] = (),
    clip: bool = False,
) -> Tensor:
    """Follow the reverse steps from x_T to a sample.

    Args:
        model: predicts the noise in x_t, or takes the steps itself.
        x: the start, drawn from N(0, I): [batch, *sample].
        steps: from `diffusion.ddpm_steps` or `diffusion.ddim_steps`.
        draw_noise: gives fresh N(0, I) noise of x's shape; not called by steps
            without noise.
        observers: called at every step of the walk; each sees the steps in order.
        clip: clip x0_hat to [-1, 1], as Ho et al. (2020) do for pictures.

    Returns:
        The samples: [batch, *sample].
    """
    if isinstance(model, FusedModel):
        return _walk_fused(model, x, steps, draw_noise, observers, clip)
    for step in steps:
        eps_hat = model(x, torch.tensor(step.t, device=x.device))
        x0_hat = step.x0_from_x * x + step.x0_from_eps * eps_hat
        if clip:
            x0_hat = x0_hat.clamp(-1, 1)
        for observe in observers:
            observe(step, x, x0_hat)
        x = step.from_x0 * x0_hat + step.from_x * x
        if step.sigma:
            x = x + step.sigma * draw_noise()
    return x


def _walk_fused(
    model: FusedModel,
    x: Tensor,
    steps: Sequence[ReverseStep],
    draw_noise: Callable[[], Tensor],
    observers: Sequence[Observer],
    clip: bool,
) -> Tensor:
    for start in range(0, len(steps), STRIDE):
        stride = steps[start : start + STRIDE]
        noise = torch.stack([draw_noise() if s.sigma else torch.zeros_like(x) for s in stride])
        x, x_t, x0_hat = model.advance(x, stride, noise, clip)
        for observe in observers:
            for index, step in enumerate(stride):
                observe(step, x_t[index], x0_hat[index])
    return x


def handing_over(first: Model, then: Model, at: int) -> Model:
    """One model down to a time, and another at that time and those below it."""
    return lambda x, t: then(x, t) if int(t) <= at else first(x, t)


@dataclass(frozen=True)
class Stream:
    """Where samples come from: random streams, one a block of samples that walk together.

    A block's noise depends on its number and on what stands here alone, so that the samples are the
    same however they are divided among calls.
    """

    shape: tuple[int, ...]
    """Of one sample."""
    block_size: int = 1000
    seed: int = 0
    generation: int = 0
    device: str = "cpu"

    def noise(self, block: int, size: int) -> Callable[[], Tensor]:
        """A source of N(0, I) for the first `size` samples of a block: () -> [size, *shape]."""
        normals = normal_noise(self.seed, "sample", self.generation, block, self.device)
        return lambda: normals((self.block_size, *self.shape))[:size]


def sample(
    model: Model | FusedModel,
    steps: Sequence[ReverseStep],
    n: int,
    stream: Stream,
    detectors: Sequence[str] = (),
    windows: Sequence[tuple[int, int]] = (),
    first: int = 0,
    clip: bool = False,
) -> Iterator[pd.DataFrame]:
    """Draw samples block by block, and score their trajectories on the way.

    Nothing but the block at hand is held in memory.

    Args:
        model: predicts the noise in x_t, or takes the steps itself.
        steps: from `diffusion.reverse_steps`.
        n: how many samples.
        stream: their shape, and their random streams.
        detectors: names of those whose scores are taken.
        windows: [T1, T2] in steps before the end, over which they are.
        first: number of the first sample, the start of a block.
        clip: clip x0_hat to [-1, 1], for pictures.

    Yields:
        For each block columns `sample`; `x0`, ... (points) or `x` (pictures); and a score for
        each detector and window, `hal_0_4`.
    """
    for block, size in blocks(n, stream.block_size, first):
        scores = WindowScores(detectors, windows)
        x = draw_block(model, steps, block, size, stream, [scores], clip)
        start = block * stream.block_size
        columns = {"sample": range(start, start + size), **frames.from_array(x.cpu().numpy())}
        columns |= {name: score.cpu().numpy() for name, score in scores.columns().items()}
        yield pd.DataFrame(columns)


def blocks(samples: int, block_size: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """The blocks of `samples` samples from id `first` on: (block number, size) pairs.

    `first` must be the start of a block; the last block may be short.
    """
    for start in range(first, first + samples, block_size):
        yield start // block_size, min(block_size, first + samples - start)


def draw_block(
    model: Model | FusedModel,
    steps: Sequence[ReverseStep],
    block: int,
    size: int,
    stream: Stream,
    observers: Sequence[Observer] = (),
    clip: bool = False,
) -> Tensor:
    """Draw one block of samples from its own random stream.

    A short block walks the first `size` samples of the full one, so that asking
    for more samples only adds to those drawn before.

    Args:
        block: the block's number.
        size: how many of its samples to draw.

    Returns:
        The samples: [size, *stream.shape].
    """
    draw_noise = stream.noise(block, size)
    return walk(model, draw_noise(), steps, draw_noise, observers, clip)
