"""The MLP on a GPU: a tile of samples taken through many reverse steps on chip.

One launch walks all samples through a stride of steps; state and activations stay in
registers and the weights in shared memory. Per sample and step it reads the noise and
writes x_t and x0_hat, 3 d floats: for ten million samples in 2D and 1000 steps that is
0.24 TB, 0.07 s of an H100's 3.35 TB/s of memory, where the products, 2 PFLOP in
bfloat16, need 2 s of its 990 TFLOP/s. So noise and detectors stay outside, shared with
every other model.
"""

from collections.abc import Sequence

import torch
import triton
from torch import Tensor
from triton import language as tl

from mirage.diffusion import ReverseStep
from mirage.engine.parameters import parameters_of
from mirage.networks.mlp import TemporalMLP

ROWS = 128
"""Samples in a tile."""


class TritonSampler:
    """A `samplers.FusedModel`, and a `samplers.Model` for single predictions."""

    def __init__(self, network: TemporalMLP, bfloat16: bool) -> None:
        self.name = f"the Triton kernel, products in {'bfloat16' if bfloat16 else 'float32'}"
        self._network, self._bfloat16 = network, bfloat16
        first, *blocks, norm, bias, output, offset = parameters_of(network)
        stacked = [torch.stack(blocks[kind::6]).contiguous() for kind in range(6)]
        self._parameters = [first, *stacked, norm, bias, output, offset]

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x_t. x: [batch, d]; t: []; returns [batch, d]."""
        return self._network(x, t)

    def advance(
        self, x: Tensor, steps: Sequence[ReverseStep], noise: Tensor, clip: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As `samplers.FusedModel` says."""
        n, dim = x.shape
        x = x.contiguous().clone()
        x_t, x0_hat = x.new_empty(len(steps), n, dim), x.new_empty(len(steps), n, dim)
        times = torch.tensor([step.t for step in steps], device=x.device)
        factors = torch.tensor([step.factors for step in steps], dtype=x.dtype, device=x.device)
        _walk[(triton.cdiv(n, ROWS),)](
            x,
            x_t,
            x0_hat,
            noise.contiguous(),
            factors,
            self._network.time_shifts(times),
            *self._parameters,
            n,
            len(steps),
            BLOCKS=len(self._network.blocks),
            LAYERS=self._network.layers,
            WIDTH=self._network.width,
            DIM=dim,
            CLIP=clip,
            BFLOAT16=self._bfloat16,
            ROWS=ROWS,
            num_warps=8,
        )
        return x, x_t, x0_hat


@triton.jit
def _activate(x, gain, bias, BFLOAT16: tl.constexpr):
    """Leaky ReLU of the layer norm of each row, as an operand of products."""
    x = _normalise(x) * gain[None, :] + bias[None, :]
    x = tl.maximum(x, 0.02 * x)
    return x.to(tl.bfloat16) if BFLOAT16 else x


@triton.jit
def _normalise(x):
    centred = x - (tl.sum(x, 1) / x.shape[1])[:, None]
    variance = tl.sum(centred * centred, 1) / x.shape[1]
    return centred * tl.rsqrt(variance + 1e-5)[:, None]


@triton.jit
def _transposed(weight, WIDTH: tl.constexpr, BFLOAT16: tl.constexpr):
    """W^T of a square weight, as an operand of products: [in, out]."""
    i = tl.arange(0, WIDTH)
    loaded = tl.load(weight + i[None, :] * WIDTH + i[:, None])
    return loaded.to(tl.bfloat16) if BFLOAT16 else loaded


@triton.jit
def _walk(
    x,
    x_t,
    x0_hat,
    noise,
    factors,
    shifts,
    w_input,
    gain1,
    bias1,
    linear1,
    gain2,
    bias2,
    linear2,
    gain,
    bias,
    w_output,
    offset,
    n,
    steps,
    BLOCKS: tl.constexpr,
    LAYERS: tl.constexpr,
    WIDTH: tl.constexpr,
    DIM: tl.constexpr,
    CLIP: tl.constexpr,
    BFLOAT16: tl.constexpr,
    ROWS: tl.constexpr,
):
    """Take ROWS samples through all steps.

    x: [n, DIM]; x_t, x0_hat, noise: [steps, n, DIM]; factors: [steps, 5], as
    ReverseStep.factors; shifts: [steps, BLOCKS, WIDTH]; weights of layers: [BLOCKS, ...].
    """
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    axis = tl.arange(0, 2)  # points on a line leave the second coordinate unused
    i = tl.arange(0, WIDTH)
    place = row[:, None].to(tl.int64) * DIM + axis[None, :]
    inside = (row[:, None] < n) & (axis[None, :] < DIM)
    here = place
    now = tl.load(x + place, inside, 0.0)
    for step in range(steps):
        hidden = tl.zeros([ROWS, WIDTH], tl.float32)
        for d in tl.static_range(DIM):
            coordinate = tl.sum(tl.where(axis[None, :] == d, now, 0.0), 1)
            hidden += coordinate[:, None] * tl.load(w_input + i * DIM + d)[None, :]
        for layer in tl.static_range(LAYERS):
            block = layer % BLOCKS
            of = block * WIDTH + i
            square = block * WIDTH * WIDTH
            a = _activate(hidden, tl.load(gain1 + of), tl.load(bias1 + of), BFLOAT16)
            w = _transposed(linear1 + square, WIDTH, BFLOAT16)
            middle = tl.dot(a, w, input_precision="ieee")
            middle += tl.load(shifts + step * BLOCKS * WIDTH + of)[None, :]
            a = _activate(middle, tl.load(gain2 + of), tl.load(bias2 + of), BFLOAT16)
            w = _transposed(linear2 + square, WIDTH, BFLOAT16)
            hidden += tl.dot(a, w, input_precision="ieee")
        last = _normalise(hidden) * tl.load(gain + i)[None, :] + tl.load(bias + i)[None, :]
        eps_hat = tl.zeros([ROWS, 2], tl.float32)
        for d in tl.static_range(DIM):
            out = tl.sum(last * tl.load(w_output + d * WIDTH + i)[None, :], 1)
            eps_hat += tl.where(axis[None, :] == d, (out + tl.load(offset + d))[:, None], 0.0)
        factor = factors + step * 5
        clean = tl.load(factor) * now + tl.load(factor + 1) * eps_hat
        if CLIP:
            clean = tl.minimum(tl.maximum(clean, -1.0), 1.0)
        tl.store(x_t + here, now, inside)
        tl.store(x0_hat + here, clean, inside)
        now = tl.load(factor + 2) * clean + tl.load(factor + 3) * now
        now += tl.load(factor + 4) * tl.load(noise + here, inside, 0.0)
        here += n * DIM
    tl.store(x + place, now, inside)
