"""Noise-prediction networks: model(x_t, t) -> eps_hat, with t [] or [batch]."""

from torch import nn

from mirage.config import Experiment
from mirage.networks.mlp import TemporalMLP


def build(experiment: Experiment) -> nn.Module:
    """The untrained network that an experiment describes.

    Initial weights come from PyTorch's global stream; seed it first.
    """
    options, shape = experiment.network, experiment.dataset.shape
    if options.name == "mlp":
        return TemporalMLP(shape[0], options.width, options.layers, options.tied)
    from mirage.networks.unet import build_unet

    return build_unet(options, shape)


__all__ = ["TemporalMLP", "build"]
