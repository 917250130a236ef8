"""The MLP on a CPU: sampling and training through the native kernel."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from mirage.diffusion import ReverseStep
from mirage.engine.native import Kernel
from mirage.engine.parameters import parameters_of
from mirage.networks.mlp import TemporalMLP

SLICE = 2048
"""Samples of a training batch that are summed together: a unit of work for a thread,
whose number therefore changes nothing in the result."""


class NativeSampler:
    """A `samplers.FusedModel`: takes a block of samples through many steps in the cache."""

    def __init__(self, network: TemporalMLP, kernel: Kernel, bfloat16: bool) -> None:
        self.name = _name(bfloat16)
        self._network, self._kernel, self._bfloat16 = network, kernel, bfloat16
        self._parameters = parameters_of(network)

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x_t. x: [batch, d]; t: []; returns [batch, d]."""
        step = ReverseStep(int(t), 0, abar=0.5, from_x0=0.0, from_x=0.0, sigma=0.0)
        _, x_t, x0_hat = self.advance(x, [step], torch.zeros(1, *x.shape), clip=False)
        return (x0_hat[0] - step.x0_from_x * x_t[0]) / step.x0_from_eps

    def advance(
        self, x: Tensor, steps: Sequence[ReverseStep], noise: Tensor, clip: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As `samplers.FusedModel` says."""
        x = x.contiguous().clone()
        x_t, x0_hat = x.new_empty(len(steps), *x.shape), x.new_empty(len(steps), *x.shape)
        shifts = self._network.time_shifts(torch.tensor([step.t for step in steps]))
        factors = torch.tensor([step.factors for step in steps], dtype=torch.float32)

        def walk(rows: range) -> None:
            self._kernel.walk(
                self._bfloat16,
                self._parameters,
                len(self._network.blocks),
                self._network.layers,
                factors,
                shifts,
                noise,
                clip,
                rows,
                x,
                x_t,
                x0_hat,
            )

        share = -(-len(x) // torch.get_num_threads()) or 1
        _in_threads(walk, [range(a, min(a + share, len(x))) for a in range(0, len(x), share)])
        return x, x_t, x0_hat


class NativeLoss:
    """A `Loss` whose gradients are computed with it, tile by tile."""

    def __init__(self, network: TemporalMLP, kernel: Kernel, bfloat16: bool) -> None:
        self.name = _name(bfloat16)
        self._network, self._kernel, self._bfloat16 = network, kernel, bfloat16

    def __call__(self, x_t: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """Mean squared error of the noise. x_t, eps: [batch, d]; t: [batch]; returns []."""
        times, index = t.unique(return_inverse=True)
        shifts = self._network.time_shifts(times)
        parameters = parameters_of(self._network)
        return _Loss.apply(self, x_t, eps, index, shifts, *parameters)

    def compute(
        self, x_t: Tensor, eps: Tensor, index: Tensor, shifts: Tensor, parameters: Sequence[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """The loss [] and its gradients by `shifts` and by each parameter."""
        n = len(x_t)
        slices = [range(a, min(a + SLICE, n)) for a in range(0, n, SLICE)]
        tensors = [shifts, *parameters]
        gradients = torch.zeros(len(slices), sum(tensor.numel() for tensor in tensors))

        def loss(rows: range) -> float:
            parts = _split(gradients[rows.start // SLICE], tensors)
            return self._kernel.loss(
                self._bfloat16,
                parameters,
                parts[1:],
                len(self._network.blocks),
                self._network.layers,
                x_t,
                eps,
                shifts,
                index,
                2 / eps.numel(),
                rows,
                parts[0],
            )

        total = sum(_in_threads(loss, slices))
        return torch.tensor(total / eps.numel()), _split(gradients.sum(0), tensors)


class _Loss(torch.autograd.Function):
    """Gives autograd the gradients that came with the loss."""

    @staticmethod
    def forward(ctx, engine, x_t, eps, index, shifts, *parameters):
        loss, ctx.gradients = engine.compute(
            x_t.contiguous(), eps.contiguous(), index, shifts.contiguous(), parameters
        )
        return loss

    @staticmethod
    def backward(ctx, upstream):
        return None, None, None, None, *(upstream * gradient for gradient in ctx.gradients)


def _split(flat: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    parts = flat.split([tensor.numel() for tensor in like])
    return [part.view(tensor.shape) for part, tensor in zip(parts, like, strict=True)]


def _in_threads(work: Callable[[range], float | None], parts: Sequence[range]) -> list:
    """Do each part of the work, in as many threads as PyTorch may use."""
    threads = min(torch.get_num_threads(), len(parts))
    if threads <= 1:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))


def _name(bfloat16: bool) -> str:
    return f"the native kernel, products in {'bfloat16' if bfloat16 else 'float32'}"
