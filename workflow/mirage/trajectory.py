"""Observers of a walk, with memory that does not grow with the number of steps."""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from mirage.detectors import DETECTORS, column
from mirage.diffusion import ReverseStep


class WindowScores:
    """Every detector over every window, computed while walking."""

    def __init__(self, detectors: Sequence[str], windows: Sequence[tuple[int, int]]) -> None:
        self._running = [
            (column(name, window), window, DETECTORS[name]())
            for name in detectors
            for window in windows
        ]

    def __call__(self, step: ReverseStep, x: Tensor, x0_hat: Tensor) -> None:
        for _, (first, last), detector in self._running:
            if first <= step.remaining <= last:
                detector.update(x0_hat)

    def columns(self) -> dict[str, Tensor]:
        """The scores of the block, by table column: each [batch]."""
        return {name: detector.value() for name, _, detector in self._running}


class PathRecorder:
    """The full paths of a few chosen samples of a block."""

    def __init__(self, rows: Sequence[int]) -> None:
        self._rows = list(rows)
        self.times: list[int] = []
        self._x: list[Tensor] = []
        self._x0_hat: list[Tensor] = []

    def __call__(self, step: ReverseStep, x: Tensor, x0_hat: Tensor) -> None:
        self.times.append(step.t)
        self._x.append(x[self._rows].cpu())
        self._x0_hat.append(x0_hat[self._rows].cpu())

    def paths(self) -> tuple[Tensor, Tensor]:
        """x_t and x0_hat along the way: each [rows, steps, *sample]."""
        return torch.stack(self._x, 1), torch.stack(self._x0_hat, 1)


MOST_BLOCKS = 4
"""Blocks walked again at most, to find paths worth keeping."""


def choose_paths(scores: pd.DataFrame, count: int, block_size: int) -> pd.DataFrame:
    """Choose samples whose paths are kept: `count` valid and `count` hallucinated ones.

    They come from the few blocks with most hallucinations; without labels, the
    first `count` samples are chosen.

    Returns:
        Columns `sample` and `label` (empty without labels), in the order drawn.
    """
    if "label" not in scores:
        return scores[["sample"]].head(count).assign(label="")
    block = scores["sample"] // block_size
    hallucinated = scores["label"] != "valid"
    blocks = hallucinated.groupby(block).sum().nlargest(MOST_BLOCKS).index
    candidates = scores.loc[block.isin(blocks), ["sample", "label"]]
    return candidates.groupby(candidates["label"] != "valid").head(count)
