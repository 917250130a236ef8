"""The order in which the kernels read an MLP's weights."""

from torch import Tensor

from mirage.networks.mlp import TemporalMLP


def parameters_of(network: TemporalMLP) -> list[Tensor]:
    """The weights in the order that the kernels read them, but for the time embedding's."""
    blocks = [
        tensor
        for block in network.distinct_layers
        for tensor in (
            block.norm1.weight,
            block.norm1.bias,
            block.linear1.weight,
            block.norm2.weight,
            block.norm2.bias,
            block.linear2.weight,
        )
    ]
    norm, output = network.norm, network.output
    return [network.input.weight, *blocks, norm.weight, norm.bias, output.weight, output.bias]


def time_parameters_of(network: TemporalMLP) -> list[Tensor]:
    """The weights and biases of the time embedding: its first layer's, then each block's."""
    layers = [network.time, *(block.time for block in network.distinct_layers)]
    return [tensor for layer in layers for tensor in (layer.weight, layer.bias)]
