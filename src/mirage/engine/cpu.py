"""The MLP on a CPU: sampling and training through the native kernel."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from mirage.diffusion import ReverseStep
from mirage.engine.native import Kernel
from mirage.engine.parameters import parameters_of, time_parameters_of
from mirage.networks.mlp import TemporalMLP, sinusoids

SLICE = 2048
"""Samples of a training batch that are summed together: a unit of work for a thread,
whose number therefore changes nothing in the result."""


class NativeSampler:
    """A `samplers.FusedModel`: takes a block of samples through many steps in the cache."""

    def __init__(self, network: TemporalMLP, kernel: Kernel, bfloat16: bool) -> None:
        self.name = _name(kernel, bfloat16)
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
        self.name = _name(kernel, bfloat16)
        self._network, self._kernel, self._bfloat16 = network, kernel, bfloat16
        self._time, self._parameters = time_parameters_of(network), parameters_of(network)
        self._tensors = [*self._time, *self._parameters]
        self._sinusoids = torch.empty(0, network.width)

    def __call__(self, x_t: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """Mean squared error of the noise. x_t, eps: [batch, d]; t: [batch]; returns []."""
        return _Loss.apply(self, x_t, t, eps, *self._tensors)

    def compute(self, x_t: Tensor, t: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """The loss [], and its gradients by the time embedding's and the other parameters, flat."""
        times, index = t.unique(return_inverse=True)
        sinusoids = self._sinusoids_at(times)
        shifts = self._kernel.time_shifts(self._time, sinusoids)
        slices = [range(a, min(a + SLICE, len(t))) for a in range(0, len(t), SLICE)]
        of_shifts = torch.zeros(len(slices), *shifts.shape)
        gradients = torch.zeros(len(slices), sum(tensor.numel() for tensor in self._tensors))

        def loss(rows: range) -> float:
            number = rows.start // SLICE
            return self._kernel.loss(
                self._bfloat16,
                self._parameters,
                _split(gradients[number], self._tensors)[len(self._time) :],
                len(self._network.blocks),
                self._network.layers,
                x_t,
                eps,
                shifts,
                index,
                2 / eps.numel(),
                rows,
                of_shifts[number],
            )

        total = sum(_in_threads(loss, slices))
        of_time = _split(gradients[0], self._tensors)[: len(self._time)]
        self._kernel.time_gradients(self._time, sinusoids, of_shifts.sum(0), of_time)
        return torch.tensor(total / eps.numel()), gradients.sum(0)

    def _sinusoids_at(self, times: Tensor) -> Tensor:
        """The sinusoids of sorted times: [u, width]; each is computed once."""
        if times[-1] >= len(self._sinusoids):
            self._sinusoids = sinusoids(torch.arange(int(times[-1]) + 1), self._network.width)
        return self._sinusoids[times]


class _Loss(torch.autograd.Function):
    """Gives autograd the gradients that came with the loss."""

    @staticmethod
    def forward(ctx, engine, x_t, t, eps, *parameters):
        loss, ctx.gradients = engine.compute(x_t.contiguous(), t, eps.contiguous())
        ctx.parameters = parameters
        return loss

    @staticmethod
    def backward(ctx, upstream):
        return None, None, None, None, *_split(upstream * ctx.gradients, ctx.parameters)


def _split(flat: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Parts of a flat tensor, in the shapes of others."""
    parts = flat.split([tensor.numel() for tensor in like])
    return [part.view(tensor.shape) for part, tensor in zip(parts, like, strict=True)]


def _in_threads(work: Callable[[range], float | None], parts: Sequence[range]) -> list:
    """Do each part of the work, in as many threads as PyTorch may use."""
    threads = min(torch.get_num_threads(), len(parts))
    if threads <= 1:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))


def _name(kernel: Kernel, bfloat16: bool) -> str:
    precision = "bfloat16" if bfloat16 else "float32"
    return f"the native kernel for {kernel.level.name}, products in {precision}"
