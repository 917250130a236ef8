"""Observers of a walk, with memory that does not grow with the number of steps."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mirage import frames
from mirage.detectors import every_score
from mirage.diffusion import ReverseStep
from mirage.registry import DETECTORS, RegistryError


class WindowScores:
    """Every detector over every window, computed while walking."""

    def __init__(self, detectors: Sequence[str], windows: Sequence[tuple[int, int]]) -> None:
        scores = every_score(detectors, windows)
        self._running = [(score, DETECTORS[score.detector]()) for score in scores]

    def __call__(self, step: ReverseStep, x: Tensor, x0_hat: Tensor) -> None:
        self.see(step.remaining, x0_hat)

    def see(self, remaining: int, x0_hat: Tensor) -> None:
        """See a prediction [batch, *sample] with so many steps still to come."""
        self._batch = len(x0_hat)
        for score, detector in self._running:
            if score.first <= remaining <= score.last:
                detector.update(x0_hat)
            if remaining == 0 and hasattr(detector, "end"):
                detector.end(x0_hat)

    def columns(self) -> dict[str, Tensor]:
        """The scores of the block, by table column: each [batch].

        Raises:
            RegistryError: naming the detector that gave something else.
        """
        values = {}
        for score, detector in self._running:
            value = values[score.column] = detector.value()
            if tuple(value.shape) != (self._batch,):
                name = score.detector
                raise RegistryError(
                    f"{DETECTORS.places[name]}: detector {name!r} gave scores of shape "
                    f"{list(value.shape)} for {self._batch} samples; expected [{self._batch}]"
                )
        return values


class PathRecorder:
    """The paths of a few chosen samples of a block, in full or over the last steps."""

    def __init__(self, rows: Sequence[int], steps: int | None = None) -> None:
        self._rows = list(rows)
        self._steps = steps
        self.times: list[int] = []
        self._x: list[Tensor] = []
        self._x0_hat: list[Tensor] = []

    def __call__(self, step: ReverseStep, x: Tensor, x0_hat: Tensor) -> None:
        if self._steps is not None and step.remaining >= self._steps:
            return
        self.times.append(step.t)
        self._x.append(x[self._rows].cpu())
        self._x0_hat.append(x0_hat[self._rows].cpu())

    def paths(self) -> tuple[Tensor, Tensor]:
        """x_t and x0_hat at the `times` kept: each [rows, times, *sample]."""
        return torch.stack(self._x, 1), torch.stack(self._x0_hat, 1)


def long_form(
    samples: pd.DataFrame,
    times: Sequence[int],
    x0_hat: np.ndarray,
    x: np.ndarray | None = None,
) -> pd.DataFrame:
    """Paths as a table: a row for each sample and time.

    Args:
        samples: columns `sample` and `label`, a row for each path.
        times: of the steps, from the first to the last.
        x0_hat, x: [paths, steps, *sample]; x_t is null where it is not known.
    """
    steps, shape = len(times), x0_hat.shape[2:]
    noisy = np.full_like(x0_hat, np.nan) if x is None else x
    columns = frames.from_array(noisy.reshape(-1, *shape), "x_t")
    if x is None:
        columns = dict.fromkeys(columns)
    return pd.DataFrame(
        {
            "sample": np.repeat(samples["sample"], steps),
            "label": np.repeat(samples["label"], steps),
            "t": np.tile(times, len(samples)),
            **columns,
            **frames.from_array(x0_hat.reshape(-1, *shape), "x0_hat"),
        }
    )


def last_steps(x0_hat: np.ndarray, most: int | None) -> tuple[range, np.ndarray]:
    """The last steps of paths [paths, steps, *sample], and how many are to come after each."""
    kept = x0_hat if most is None else x0_hat[:, -most:]
    return range(kept.shape[1] - 1, -1, -1), kept


MOST_BLOCKS = 4
"""Blocks walked again at most, to find paths worth keeping."""


def choose_paths(
    parts: Iterable[pd.DataFrame], count: int, block_size: int, detector: str = "hal"
) -> pd.DataFrame:
    """Choose samples whose paths are kept: `count` calm and `count` suspicious ones.

    Suspicious are hallucinated samples and calm are valid ones; without labels, those with
    the highest and the lowest scores. They come from the few blocks with most of the
    suspicious ones.

    Args:
        parts: of the scores, each of whole blocks: columns `sample` and `label`, or the
            detector's.
        count: of each kind, where there are as many.
        block_size: samples that walk together.
        detector: whose score is used where there are no labels.

    Returns:
        Columns `sample` and `label` (without labels `lowest` or `highest`), in the order
        drawn.
    """
    # The fullest of all blocks are among the fullest of their parts.
    fullest = [_most_hallucinated(part, block_size) for part in parts]
    scores = pd.concat(fullest, ignore_index=True)  # parts may number their rows alike
    block = scores["sample"] // block_size
    if "label" in scores:
        candidates = _most_hallucinated(scores, block_size)[["sample", "label"]]
        chosen = candidates.groupby(candidates["label"] != "valid").head(count)
        return chosen.reset_index(drop=True)
    # What is not finite is the most suspicious, as it is for filters.
    ranks = scores[detector].replace(-np.inf, np.inf).rank(method="first", na_option="bottom")
    within = scores[block.isin(_fullest(block, ranks > len(scores) - count))]
    ranked = within[["sample"]].loc[ranks[within.index].sort_values().index]
    count = min(count, len(ranked) // 2)
    ends = [ranked.head(count).assign(label="lowest"), ranked.tail(count).assign(label="highest")]
    return pd.concat(ends).sort_values("sample", ignore_index=True)


def _most_hallucinated(scores: pd.DataFrame, block_size: int) -> pd.DataFrame:
    """The samples of the few blocks with most hallucinations; all where there are no labels."""
    if "label" not in scores:
        return scores
    block = scores["sample"] // block_size
    return scores[block.isin(_fullest(block, scores["label"] != "valid"))]


def _fullest(block: pd.Series, suspicious: pd.Series) -> pd.Index:
    """The few blocks with most suspicious samples."""
    return suspicious.groupby(block).sum().nlargest(MOST_BLOCKS).index
