"""Random generators that depend on what is drawn, never on who draws it.

Each generator is seeded from (seed, step, generation, block), so cores, shards,
batches and restarts change nothing in the result. Filters share those of
a generation: their lines are compared on the same noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def numpy_rng(seed: int, step: str, generation: int = 0, block: int = 0) -> np.random.Generator:
    """The NumPy generator of one step of one generation."""
    return np.random.default_rng(_sequence(seed, step, generation, block))


def torch_rng(
    seed: int, step: str, generation: int = 0, block: int = 0, device: str = "cpu"
) -> torch.Generator:
    """The PyTorch generator of one step of one generation, on a device."""
    import torch

    return torch.Generator(device).manual_seed(torch_seed(seed, step, generation, block))


def normal_noise(
    seed: int, step: str, generation: int = 0, block: int = 0, device: str = "cpu"
) -> Callable[[Sequence[int]], torch.Tensor]:
    """A source of N(0, I) noise on a device: shape -> float32 [*shape].

    On a CPU it comes from NumPy, whose generators use all bits of their key.
    """
    import torch

    if device == "cpu":
        rng = numpy_rng(seed, step, generation, block)
        return lambda shape: torch.from_numpy(rng.standard_normal(shape, np.float32))
    generator = torch_rng(seed, step, generation, block, device)
    return lambda shape: torch.randn(*shape, generator=generator, device=device)


def torch_seed(seed: int, step: str, generation: int = 0, block: int = 0) -> int:
    """The number that seeds such a generator: 63 bits.

    PyTorch's CPU generator uses the lower 32 of them: enough for the updates of a
    training run, not for the blocks of a hundred million samples.
    """
    state = _sequence(seed, step, generation, block).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def _sequence(seed: int, step: str, generation: int, block: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, int.from_bytes(step.encode()), generation, block])
