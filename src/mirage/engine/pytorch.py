"""Networks computed by PyTorch: any network, any device."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CALLS_TO_REPAY_COMPILING = 2000
"""Calls on a GPU from which torch.compile, a minute or so, is repaid."""


def multiplies_bfloat16(device: str) -> bool:
    """Whether a device has instructions for products in bfloat16."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    found = torch.cpu.get_capabilities()
    return any(found.get(name, False) for name in ("amx_bf16", "avx512_bf16", "bf16"))


class TorchSampler:
    """A `samplers.Model`: (x_t [batch, *sample], t []) -> eps_hat."""

    def __init__(self, network: nn.Module, bfloat16: bool, device: str, calls: int) -> None:
        self.name = _name(bfloat16, device, calls)
        self._bfloat16 = bfloat16
        self._network = _compiled(network, device, calls)

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self._bfloat16):
            return self._network(x, t)


class TorchLoss:
    """A `Loss`; weighted by a network's `loss_weight` (t [batch] -> [batch, ...]) if it has one."""

    def __init__(self, network: nn.Module, bfloat16: bool, device: str, calls: int) -> None:
        self._weight = getattr(network, "loss_weight", None)
        self.name = _name(bfloat16, device, calls)
        self._bfloat16 = bfloat16
        self._network = _compiled(network, device, calls)

    def __call__(self, x_t: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        with torch.autocast(x_t.device.type, torch.bfloat16, enabled=self._bfloat16):
            eps_hat = self._network(x_t, t)
        error = F.mse_loss(eps_hat, eps, reduction="none")
        return (self._weight(t) * error).mean() if self._weight else error.mean()


def _compiled(network: nn.Module, device: str, calls: int) -> Callable[[Tensor, Tensor], Tensor]:
    """On a GPU, as CUDA graphs without a launch for each operation; on a CPU, as it is."""
    if device != "cuda":
        return network
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if calls < CALLS_TO_REPAY_COMPILING:
        return network
    return torch.compile(network, mode="reduce-overhead", dynamic=False)


def _name(bfloat16: bool, device: str, calls: int) -> str:
    compiled = " compiled" if device == "cuda" and calls >= CALLS_TO_REPAY_COMPILING else ""
    return f"PyTorch{compiled}, products in {'bfloat16' if bfloat16 else 'float32'}"
