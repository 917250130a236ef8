"""The order in which the kernels read an MLP's weights."""

from torch import Tensor

from mirage.networks.mlp import TemporalMLP


def parameters_of(network: TemporalMLP) -> list[Tensor]:
    """The weights in the order that the kernels read them; the time embedding's are not."""
    blocks = [
        tensor
        for block in network.blocks
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
