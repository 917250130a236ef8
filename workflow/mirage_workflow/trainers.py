"""The training that a config describes, in objects of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mirage.rng import torch_seed
from mirage.training import TimeFocus, Trainer, TrainingOptions
from mirage_workflow.networks import network_of
from mirage_workflow.process import arguments, schedule_of

if TYPE_CHECKING:
    from mirage_workflow.config.experiment import Experiment
    from mirage_workflow.config.recipe import Training


def options_of(section: Training, **compute: int) -> TrainingOptions:
    """How to train, and how often to write a checkpoint, if ever."""
    values = arguments(section, "threads")
    if values["time_focus"]:
        values["time_focus"] = TimeFocus(**values["time_focus"])
    return TrainingOptions(**values, **compute)


def trainer_of(
    experiment: Experiment,
    data: np.ndarray,
    seed: int,
    generation: int,
    device: str,
    before: dict[str, Tensor] | None = None,
    **compute: int,
) -> Trainer:
    """The training of a network of the given seed's weights, yet to begin.

    Args:
        data: float32 [n, *sample].
        seed, generation: of the weights, and of all that is drawn in training.
        before: the weights of the generation that this one goes on from.
        compute: `checkpoint_every`, where checkpoints are written.
    """
    torch.set_num_threads(experiment.learning.threads)
    torch.manual_seed(torch_seed(seed, "weights", generation))
    network = network_of(experiment)
    if before is not None:
        network.load_state_dict(before)
    return Trainer(
        network.to(device),
        torch.from_numpy(data).to(device),
        schedule_of(experiment),
        options_of(experiment.learning, **compute),
        seed,
        generation,
    )
