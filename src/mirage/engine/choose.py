"""Chooses, for a network, a device and a precision, what computes it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import Tensor, nn

from mirage.engine.cpu import NativeLoss, NativeSampler
from mirage.engine.native import Kernel, kernel
from mirage.engine.pytorch import TorchLoss, TorchSampler, multiplies_bfloat16
from mirage.networks.mlp import TemporalMLP

if TYPE_CHECKING:
    from mirage.samplers import Model

if TYPE_CHECKING:
    from mirage.engine.gpu import TritonSampler

log = logging.getLogger(__name__)

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(x_t [batch, *sample], t [batch], eps [batch, *sample]) -> mean squared error []."""


def for_sampling(network: nn.Module, precision: str, device: str, calls: int) -> Model:
    """A `samplers.Model` that computes a trained network on its device.

    Args:
        precision: `float32` or `bfloat16`, as the config asks.
        calls: how often it will be called: long jobs repay compiling.
    """
    native = _native(network, device)
    bfloat16 = _bfloat16(precision, device, native)
    model: NativeSampler | TritonSampler | TorchSampler
    if native and isinstance(network, TemporalMLP):
        model = NativeSampler(network, native, bfloat16)
    elif isinstance(network, TemporalMLP) and _fits_triton(network, device):
        from mirage.engine.gpu import TritonSampler  # Triton comes with PyTorch for CUDA

        model = TritonSampler(network, bfloat16)
    else:
        model = TorchSampler(network, bfloat16, device, calls)
    log.info("computing with %s", model.name)
    return model


def for_training(network: nn.Module, precision: str, device: str, calls: int) -> Loss:
    """The `Loss` of a network in training, through which gradients flow."""
    native = _native(network, device)
    bfloat16 = _bfloat16(precision, device, native)
    loss: NativeLoss | TorchLoss
    if native and isinstance(network, TemporalMLP):
        loss = NativeLoss(network, native, bfloat16)
    else:
        loss = TorchLoss(network, bfloat16, device, calls)
    log.info("computing with %s", loss.name)
    return loss


def _native(network: nn.Module, device: str) -> Kernel | None:
    if isinstance(network, TemporalMLP) and device == "cpu":
        return kernel(network.width, network.input.in_features)
    return None


def _fits_triton(network: TemporalMLP, device: str) -> bool:
    """Triton's tiles are powers of two, 16 at least; the kernel keeps two coordinates."""
    fits = network.width.bit_count() == 1 and network.width >= 16 and network.input.in_features <= 2
    return fits and device == "cuda"


def _bfloat16(precision: str, device: str, native: Kernel | None) -> bool:
    """Whether products are in bfloat16: where that is asked for, and what computes has it."""
    if precision != "bfloat16":
        return False
    able = native.level.bfloat16 if native else multiplies_bfloat16(device)
    if not able:
        log.info("bfloat16 is not multiplied here: products are in float32")
    return able
