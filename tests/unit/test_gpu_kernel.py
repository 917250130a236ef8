"""The Triton kernel: on a GPU where there is one, else in Triton's interpreter."""

import pytest
import torch

pytest.importorskip("triton")

from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.engine import gpu
from mirage.networks.mlp import TemporalMLP

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
STEPS = ddpm_steps(Schedule.linear(), times_of(100, 5), "fixed_large")


@pytest.fixture(autouse=True)
def interpreted_bfloat16(monkeypatch):
    """Triton 3.7's interpreter multiplies the bit patterns of bfloat16: give it the values."""
    if DEVICE == "cuda":
        return
    from triton import language as tl
    from triton.runtime import interpreter

    product = interpreter.InterpreterBuilder.create_dot

    def value(handle):
        if handle.dtype.scalar != tl.bfloat16:
            return handle
        bits = handle.data.astype("uint32") << 16
        return interpreter.TensorHandle(bits.view("float32"), tl.float32)

    monkeypatch.setattr(
        interpreter.InterpreterBuilder,
        "create_dot",
        lambda self, a, b, *rest: product(self, value(a), value(b), *rest),
    )


def network(dim, **options) -> TemporalMLP:
    torch.manual_seed(dim)
    net = TemporalMLP(dim, width=32, init="pytorch", **options)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return net.to(DEVICE).requires_grad_(False)


def in_pytorch(net, x, noise, clip=False):
    predictions = []
    for step, normal in zip(STEPS, noise, strict=True):
        eps_hat = net(x, torch.tensor(step.t, device=DEVICE))
        x0_hat = step.x0_from_x * x + step.x0_from_eps * eps_hat
        x0_hat = x0_hat.clamp(-1, 1) if clip else x0_hat
        predictions.append(x0_hat)
        x = step.from_x0 * x0_hat + step.from_x * x + step.sigma * normal
    return x, torch.stack(predictions)


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("options", [{}, {"tied": False}, {"layers": 1}], ids=str)
def test_the_kernel_walks_as_pytorch_does(dim, options):
    net, n = network(dim, **options), gpu.ROWS + 5  # a full tile and a part of one
    x = torch.randn(n, dim, device=DEVICE)
    noise = torch.randn(len(STEPS), n, dim, device=DEVICE)
    end, x_t, x0_hat = gpu.TritonSampler(net, bfloat16=False).advance(x, STEPS, noise, clip=False)
    expected, predictions = in_pytorch(net, x, noise)
    torch.testing.assert_close(x_t[0], x)
    torch.testing.assert_close(x0_hat, predictions, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(end, expected, rtol=1e-4, atol=1e-4)


def test_the_kernel_clips_as_pytorch_does():
    net = network(2)
    x, noise = torch.randn(9, 2, device=DEVICE), torch.randn(len(STEPS), 9, 2, device=DEVICE)
    _, _, clipped = gpu.TritonSampler(net, bfloat16=False).advance(x, STEPS, noise, clip=True)
    assert clipped.abs().max() == 1
    torch.testing.assert_close(clipped, in_pytorch(net, x, noise, True)[1], rtol=1e-4, atol=1e-4)


def test_products_in_bfloat16_move_predictions_by_less_than_a_hundredth():
    net = network(2)
    x, noise = torch.randn(50, 2, device=DEVICE), torch.randn(len(STEPS), 50, 2, device=DEVICE)
    rounded, exact = (
        gpu.TritonSampler(net, bfloat16).advance(x, STEPS, noise, False)[2]
        for bfloat16 in (True, False)
    )
    assert 1e-5 < (rounded - exact).norm() / exact.norm() < 0.01
