"""From checked config to objects of the library: the one place where that is done.

Options have the names of the library's arguments. What needs PyTorch is imported where it is
made, as the launcher has none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirage.datasets import mixtures
from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import ReverseStep, Schedule, reverse_steps

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from mirage.datasets.shapes import SimpleShapes
    from mirage.training import Trainer, TrainingOptions
    from mirage_workflow.config.datasets import MixtureOptions, ShapesOptions
    from mirage_workflow.config.experiment import Experiment, Training
    from mirage_workflow.config.section import Section

MIXTURES = {
    "gaussian1d": mixtures.line,
    "gaussian2d_grid": mixtures.grid,
    "gaussian2d_rotated": mixtures.rotated,
}


def arguments(section: Section, *others: str) -> dict[str, Any]:
    """A section's values by name, but for its own and those of others."""
    return section.model_dump(exclude={"name", *others})


def mixture(options: MixtureOptions) -> GaussianMixture:
    """The mixture that a dataset section describes."""
    return MIXTURES[options.name](**arguments(options, "samples", "heldout"))


def truth(options: MixtureOptions | ShapesOptions) -> GaussianMixture | SimpleShapes:
    """The distribution that a dataset section describes, where it is known."""
    if options.name in MIXTURES:
        return mixture(options)
    from mirage.datasets.shapes import of_size

    return of_size(options.image_size)


def schedule(experiment: Experiment) -> Schedule:
    """The forward process."""
    return Schedule.linear(**arguments(experiment.diffusion))


def steps(experiment: Experiment) -> list[ReverseStep]:
    """The reverse process."""
    options = experiment.sampling
    return reverse_steps(
        schedule(experiment),
        experiment.times,
        options.sampler,
        options.variance,
        options.eta,
        options.ddpm_tail,
    )


def training_options(section: Training) -> TrainingOptions:
    """How to train."""
    from mirage.training import TimeFocus, TrainingOptions

    values = arguments(section, "threads")
    if values["time_focus"]:
        values["time_focus"] = TimeFocus(**values["time_focus"])
    return TrainingOptions(**values)


def network(experiment: Experiment) -> nn.Module:
    """The untrained network, with initial weights from PyTorch's global stream."""
    options, shape = experiment.network, experiment.dataset.shape
    if options.name == "mlp":
        from mirage.networks.mlp import TemporalMLP

        return TemporalMLP(shape[0], **arguments(options))
    from mirage.networks.unet import build_unet

    return build_unet(shape, schedule(experiment), **arguments(options))


def trainer(
    experiment: Experiment, data: np.ndarray, seed: int, generation: int, device: str
) -> Trainer:
    """The training of a network of the given seed's weights, yet to begin.

    Args:
        data: float32 [n, *sample].
        seed, generation: of the weights, and of all that is drawn in training.
    """
    import torch

    from mirage.rng import torch_seed
    from mirage.training import Trainer

    torch.set_num_threads(experiment.training.threads)
    torch.manual_seed(torch_seed(seed, "weights", generation))
    return Trainer(
        network(experiment).to(device),
        torch.from_numpy(data).to(device),
        schedule(experiment),
        training_options(experiment.training),
        seed,
        generation,
    )


def network_with(experiment: Experiment, weights: dict[str, Tensor], device: str) -> nn.Module:
    """A network to sample from, with trained weights, on its device."""
    trained = network(experiment)
    trained.load_state_dict(weights)
    return trained.to(device).eval().requires_grad_(False)


def load_network(experiment: Experiment, weights: Path, device: str) -> nn.Module:
    """A network to sample from, with the weights of a file, on its device."""
    from mirage import tensors

    return network_with(experiment, tensors.read(weights)[0], device)


def save_weights(weights: dict[str, Tensor], path: Path, provenance: dict) -> None:
    """Write weights whole or not at all, with their provenance in the file's metadata."""
    from mirage import tensors

    tensors.write(path, weights, {"provenance": json.dumps(provenance, sort_keys=True)})
