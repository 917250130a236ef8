"""Noise-prediction networks: model(x_t, t) -> eps_hat, with t [] or [batch]."""

import json
from pathlib import Path

from torch import Tensor, nn

from mirage import tensors
from mirage.config import Experiment
from mirage.diffusion import Schedule
from mirage.networks.mlp import TemporalMLP


def build(experiment: Experiment) -> nn.Module:
    """The untrained network that an experiment describes.

    Initial weights come from PyTorch's global stream; fork and seed it first.
    """
    options, shape = experiment.network, experiment.dataset.shape
    if options.name == "mlp":
        return TemporalMLP(shape[0], options)
    from mirage.networks.unet import build_unet

    return build_unet(options, shape, Schedule.linear(experiment.diffusion))


def with_weights(experiment: Experiment, weights: dict[str, Tensor], device: str) -> nn.Module:
    """A network to sample from, with trained weights, on its device."""
    network = build(experiment)
    network.load_state_dict(weights)
    return network.to(device).eval().requires_grad_(False)


def load(experiment: Experiment, weights: Path, device: str) -> nn.Module:
    """The same with the weights of a file."""
    return with_weights(experiment, tensors.read(weights)[0], device)


def save(weights: dict[str, Tensor], path: Path, provenance: dict) -> None:
    """Write weights whole or not at all, with their provenance in the file's metadata."""
    tensors.write(path, weights, {"provenance": json.dumps(provenance, sort_keys=True)})


__all__ = ["TemporalMLP", "build", "load", "save", "with_weights"]
