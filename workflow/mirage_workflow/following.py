"""A training watched: what a picture model draws at chosen updates."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mirage import frames
from mirage.samplers import Stream, sample
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.networks import network_with
from mirage_workflow.process import steps_of
from mirage_workflow.trainers import trainer_of
from mirage_workflow.variants import for_sampling

Judge = Callable[[Iterable[np.ndarray]], pd.DataFrame]


def follow(
    experiment: Experiment,
    data: np.ndarray,
    asked: Mapping[str, Any],
    seed: int,
    judge: Judge,
    device: str = "cpu",
) -> pd.DataFrame:
    """Train generation 0 once more, and judge what it draws along the way.

    Args:
        experiment: of pictures.
        data: the training pictures, (n, channels, height, width).
        asked: its section `following`: the `updates` to stop at, the `samples` to draw there,
            always from the same noise.
        seed: of training and sampling.
        judge: of the pictures drawn, block by block, each (block, channels, height, width).

    Returns:
        What it made of them, one under the other, with the `update`.

    Raises:
        DivergenceError: as the trainer does.
    """
    steps, options, shape = steps_of(experiment), experiment.sampling, experiment.dataset.shape
    stream = Stream(shape, options.block_size, seed, device=device)
    trainer = trainer_of(experiment, data, seed, 0, device)
    parts = []

    def observe(done: int) -> None:
        if done not in asked["updates"]:
            return
        network = network_with(experiment, trainer.weights(), device)
        model = for_sampling(network, experiment, asked["samples"], len(steps), device)
        drawn = sample(model, steps, asked["samples"], stream, clip=options.clip)
        judged = judge(frames.to_array(part, shape) for part in drawn)
        parts.append(judged.assign(update=done))

    trainer.run(observe=observe)
    return pd.concat(parts)
