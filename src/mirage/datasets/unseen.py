"""What generated samples are compared with where nothing real is at hand: nothing."""

from __future__ import annotations

import numpy as np

from mirage.datasets.base import Dataset, Drawn
from mirage.registry import dataset, option


@dataset("unseen")
class Unseen(Dataset):
    """No real samples: for models and samples of yours that are only watched."""

    sample_shape: list[int] = option(
        shortest=1, doc="Of one sample: [d] for points, [channels, height, width] for pictures."
    )

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.sample_shape)

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    def sample(self, seed: int) -> tuple[Drawn, Drawn]:
        none = np.empty((0, *self.shape), np.float32)
        return (none, None), (none, None)
