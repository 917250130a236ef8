"""The networks that a config describes, in objects of the library, and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from mirage import tensors
from mirage.networks.mlp import TemporalMLP
from mirage_workflow.process import arguments, schedule_of

if TYPE_CHECKING:
    from mirage_workflow.config.experiment import Experiment


def network_of(experiment: Experiment) -> nn.Module:
    """The network as its training begins.

    Its initial weights are from PyTorch's global stream, or those of the pipeline that goes on.
    """
    options, shape = experiment.network, experiment.dataset.shape
    if options.name == "pipeline":
        from mirage.hooks import retraining  # diffusers takes its time

        return retraining.network_of(Path(options.folder), trained=bool(experiment.finetune))
    if options.name == "mlp":
        return TemporalMLP(shape[0], **arguments(options))
    from mirage.networks.unet import build_unet  # diffusers takes its time

    return build_unet(shape, schedule_of(experiment), **arguments(options))


def network_with(experiment: Experiment, weights: dict[str, Tensor], device: str) -> nn.Module:
    """A network to sample from, with trained weights, on its device."""
    trained = network_of(experiment)
    trained.load_state_dict(weights)
    return trained.to(device).eval().requires_grad_(False)


def load_network(experiment: Experiment, weights: Path | str, device: str) -> nn.Module:
    """A network to sample from, with the weights of a file, on its device."""
    return network_with(experiment, tensors.read(weights)[0], device)


def load_pipeline(experiment: Experiment, weights: Path | str | list, device: str) -> Any:
    """The saved pipeline to draw from, with the weights of a file in place of its own, if any."""
    from mirage.hooks import pipelines, retraining

    own = retraining.to_pipeline(tensors.read(weights)[0]) if weights else None
    return pipelines.load(Path(experiment.network.folder), device, own)


def save_weights(weights: dict[str, Tensor], path: Path, provenance: dict) -> None:
    """Write weights whole or not at all, with their provenance in the file's metadata."""
    tensors.write(path, weights, {"provenance": json.dumps(provenance, sort_keys=True)})
