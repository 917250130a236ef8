"""Drawing from a saved pipeline of diffusers, watched: whole, or block by block."""

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mirage import frames
from mirage.hooks.saved import PipelineError
from mirage.hooks.watching import Watch, watch
from mirage.rng import torch_seed
from mirage.samplers import Stream, blocks


def load(folder: Path, device: str = "cpu", weights: Mapping[str, Tensor] | None = None) -> Any:
    """The pipeline in a folder, if it draws pictures from noise alone.

    Args:
        folder: where it was saved.
        device: to draw on.
        weights: of its U-Net, in place of its own.

    Raises:
        PipelineError: if it cannot be loaded, or needs more than noise.
    """
    try:
        pipe = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # of many kinds, as many as there are ways to break a folder
        raise PipelineError(
            f"{folder} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    needed = {"batch_size", "generator", "num_inference_steps", "output_type"}
    taken = set(inspect.signature(pipe.__call__).parameters)
    if not hasattr(pipe, "scheduler") or not needed <= taken:
        raise PipelineError(
            f"{folder}: {type(pipe).__name__} does not draw pictures from noise alone; "
            "watch it in a script of your own (mirage.watch)"
        )
    if weights is not None:
        pipe.unet.load_state_dict(weights)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(device)


def draw(
    pipe: Any,
    n: int,
    seed: int,
    windows: Sequence[tuple[int, int]],
    detectors: Sequence[str],
    steps: int | None = None,
    keep: Collection[int] = (),
) -> tuple[np.ndarray, Watch]:
    """Draw pictures together.

    Args:
        pipe: from `load`.
        n: how many.
        seed: of all noise.
        windows, detectors, keep: see `mirage.watch`.
        steps: of each walk; None for the pipeline's own number: see `steps_of`.

    Returns:
        The pictures in [0, 1], float32 [n, h, w, c]; and what was seen of their walks.
    """
    torch.manual_seed(seed)  # some pipelines give their scheduler no generator
    given = {
        "batch_size": n,
        "generator": torch.Generator(pipe.device).manual_seed(seed),
        "num_inference_steps": steps or steps_of(pipe),
        "output_type": "np",
    }
    with watch(pipe.scheduler, windows, detectors, keep=keep) as seen:
        images = pipe(**given).images
    if len(seen.scores) != n:
        raise ValueError(f"{len(seen.scores)} walks for {n} pictures")
    return np.asarray(images), seen


def sample(
    pipe: Any,
    n: int,
    stream: Stream,
    detectors: Sequence[str] = ("hal",),
    windows: Sequence[tuple[int, int]] = ((0, 9),),
    first: int = 0,
    steps: int | None = None,
) -> Iterator[pd.DataFrame]:
    """Draw pictures block by block, as `mirage.samplers.sample` does from a network.

    A block is drawn whole and cut to what is asked for, so that its pictures depend on
    the stream and its number alone.

    Args:
        pipe: from `load`.
        n: how many.
        stream: their shape, (c, h, w), and their random streams.
        detectors, windows: see `mirage.watch`.
        first: number of the first picture, the start of a block.
        steps: of each walk.

    Yields:
        For each block columns `sample`, `x` (in [-1, 1]), and a score for each detector and window.

    Raises:
        PipelineError: if it draws pictures of another shape.
    """
    for block, size in blocks(n, stream.block_size, first):
        noise = _seed(stream, block)
        images, seen = draw(pipe, stream.block_size, noise, windows, detectors, steps)
        pictures = 2 * np.moveaxis(images, -1, 1)[:size] - 1
        if pictures.shape[1:] != tuple(stream.shape):
            raise PipelineError(
                f"the pipeline draws pictures of shape {list(pictures.shape[1:])}; "
                f"those of the dataset have {list(stream.shape)}"
            )
        start = block * stream.block_size
        columns = {"sample": range(start, start + size), **frames.from_array(pictures)}
        scores = seen.scores[:size].drop(columns="sample")
        yield pd.DataFrame(columns).join(scores)


def walk_again(
    pipe: Any, rows: Sequence[int], block: int, stream: Stream, steps: int | None = None
) -> np.ndarray:
    """The predicted clean samples of some pictures of a block of `sample`.

    rows: their places in the block.

    Returns:
        x0_hat at each step: [rows, steps, *sample].
    """
    noise = _seed(stream, block)
    _, seen = draw(pipe, stream.block_size, noise, (), (), steps, keep=set(rows))
    return np.stack([seen.paths[row] for row in rows])


def _seed(stream: Stream, block: int) -> int:
    return torch_seed(stream.seed, "sample", stream.generation, block)


def steps_of(pipe: Any) -> int:
    """How many steps the pipeline takes unasked, at most those it was trained with."""
    own = inspect.signature(pipe.__call__).parameters["num_inference_steps"].default
    return min(own, pipe.scheduler.config.get("num_train_timesteps", own))
