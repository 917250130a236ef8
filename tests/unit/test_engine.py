"""What the native kernel computes, on every vector unit that this machine has."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from benchmarks import reference
from kernels import STEPS, gradients, native_loss, needs_compiler, network, path, sampler
from torch.nn import functional as F

from mirage.engine import native
from mirage.engine.cpu import SLICE
from mirage.samplers import Stream, draw_block
from mirage.trajectory import PathRecorder
from mirage_workflow.config.settings import Engine

AMX, AVX512_BF16, AVX512, AVX2, SSE4 = native.LEVELS["x86_64"]
EMULATED = Path(__file__).with_name("amx_emulated.h")
EMULATED_AMX = replace(
    AVX512_BF16,
    name="amx, emulated",
    flags=(*AVX512_BF16.flags, "-D__AMX_BF16__", "-include", str(EMULATED)),
)
LEVELS = [EMULATED_AMX, *native.LEVELS["x86_64"], *native.LEVELS["aarch64"]]
pytestmark = needs_compiler


@pytest.fixture(params=LEVELS, ids=lambda level: level.name)
def level(request):
    """Every vector unit that this machine has."""
    return here(request.param)


@pytest.fixture(params=[level for level in LEVELS if level.bfloat16], ids=lambda level: level.name)
def bfloat16_level(request):
    return here(request.param)


def here(level):
    if (AVX512_BF16 if level is EMULATED_AMX else level) not in native.levels():
        pytest.skip(f"this machine has no {level.name}")
    return level


def test_the_config_allows_every_vector_unit_by_name():
    names = [level.name for levels in native.LEVELS.values() for level in levels]
    assert sorted(get_args(Engine)) == sorted(["auto", "pytorch", *names])


def distance(path, exact) -> float:
    """The largest error of a step, in root mean square, relative to its predictions'."""
    error = (path - exact).square().mean((1, 2)).sqrt()
    return (error / exact.square().mean((1, 2)).sqrt()).max().item()


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("width", [16, 32, 64, 128])
@pytest.mark.parametrize("options", [{}, {"tied": False}, {"layers": 1}, {"layers": 5}], ids=str)
@torch.no_grad()
def test_the_native_path_is_that_of_pytorch(dim, width, options):
    net = network(dim, width, **options)
    plain = path(lambda x, t: net(x, t), dim=dim)
    # Rounding grows along the walk, most in 1D, where the layer norm of w x jumps at 0.
    assert distance(path(sampler(net), dim=dim), plain) < 1e-4


@pytest.mark.parametrize("width", [16, 48, 80, 128])
@torch.no_grad()
def test_every_vector_unit_follows_the_path_of_pytorch(level, width):
    net = network(width=width)
    assert distance(path(sampler(net, level)), path(lambda x, t: net(x, t))) < 1e-4


@torch.no_grad()
def test_the_native_path_is_that_of_the_official_algorithm():
    net = network(width=128)
    noise = torch.Generator().manual_seed(1)

    def draw():
        return torch.randn(100, 2, generator=noise)

    _, _, predictions = reference.sample(net, STEPS, draw(), draw)
    assert distance(path(sampler(net)), torch.stack(predictions)) < 1e-5


@pytest.mark.parametrize("width", [16, 48, 128])
@torch.no_grad()
def test_products_in_bfloat16_move_predictions_by_less_than_a_hundredth(bfloat16_level, width):
    net = network(width=width)
    rounded = path(sampler(net, bfloat16_level, bfloat16=True))
    assert 1e-5 < distance(rounded, path(sampler(net))) < 0.01  # factors have eight bits


@torch.no_grad()
def test_clipping_is_that_of_the_walk():
    net = network()
    clipped = path(sampler(net), clip=True)
    assert clipped.abs().max() == 1
    plain = path(lambda x, t: net(x, t), clip=True)
    assert distance(clipped, plain) < 1e-4


@torch.no_grad()
def test_a_single_prediction_is_the_networks_own():
    net, x = network(), torch.randn(7, 2)
    torch.testing.assert_close(
        sampler(net)(x, torch.tensor(5)), net(x, torch.tensor(5)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("n", [1, 47, 48, 49, 96, 100])
@torch.no_grad()
def test_a_sample_does_not_depend_on_those_beside_it(n, level):
    model = sampler(network(), level, level.bfloat16)
    x, noise = torch.randn(100, 2), torch.randn(len(STEPS), 100, 2)
    together = model.advance(x, STEPS, noise, clip=False)
    apart = model.advance(x[:n], STEPS, noise[:, :n].contiguous(), clip=False)
    assert torch.equal(apart[0], together[0][:n])
    assert torch.equal(apart[2], together[2][:, :n])


@pytest.mark.parametrize("threads", [2, 5])
def test_the_number_of_threads_changes_no_bit(threads, level):
    net = network()
    x, t, eps = torch.randn(2 * SLICE + 5, 2), torch.randint(1000, (2 * SLICE + 5,)), 1.0

    def results():
        net.zero_grad()
        loss = native_loss(net, level, level.bfloat16)(x, t, torch.full_like(x, eps))
        loss.backward()
        return [
            path(sampler(net, level)).detach(),
            loss.detach(),
            net.blocks[0].linear1.weight.grad,
        ]

    one = [tensor.clone() for tensor in results()]
    torch.set_num_threads(threads)
    try:
        many = results()
    finally:
        torch.set_num_threads(1)
    assert all(torch.equal(a, b) for a, b in zip(one, many, strict=True))


def test_observers_see_the_steps_of_a_block_once_and_in_order():
    recorder = PathRecorder([0, 3])
    draw_block(sampler(network()), STEPS, 0, 5, Stream((2,), 5), [recorder])
    assert recorder.times == [step.t for step in STEPS]


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"tied": False}, {"layers": 1}, {"width": 128}], ids=str)
def test_native_gradients_are_those_of_autograd(dim, options, level):
    net = network(dim, **options)
    value, found = gradients(net, native_loss(net, level))
    expected, plain = gradients(net, lambda x, t, eps: F.mse_loss(net(x, t), eps))
    assert value == pytest.approx(expected, rel=1e-5)
    for name, gradient in plain.items():
        assert (found[name] - gradient).norm() < 1e-4 * gradient.norm(), name


def test_native_gradients_in_bfloat16_point_the_same_way(bfloat16_level):
    net = network(width=128)
    value, found = gradients(net, native_loss(net, bfloat16_level, bfloat16=True), n=1000)
    expected, plain = gradients(net, native_loss(net), n=1000)
    assert value == pytest.approx(expected, rel=1e-2)
    for name, gradient in plain.items():
        assert (found[name] - gradient).norm() < 0.03 * gradient.norm(), name


def test_an_upstream_gradient_scales_all():
    net = network()
    _, once = gradients(net, native_loss(net))
    _, thrice = gradients(net, lambda *batch: 3 * native_loss(net)(*batch))
    for name, gradient in once.items():
        torch.testing.assert_close(thrice[name], 3 * gradient)


def test_the_gradient_is_the_slope_of_the_loss():
    """Finite differences, without trusting any backward pass."""
    net = network()
    loss = native_loss(net)
    _, found = gradients(net, loss)
    weight = net.blocks[0].linear1.weight
    direction = torch.randn_like(weight)
    values = []  # a step this small, as the loss bends on that scale
    for shift in (1e-4, -1e-4):
        with torch.no_grad():
            weight += shift * direction
        values.append(gradients(net, loss)[0])
        with torch.no_grad():
            weight -= shift * direction
    slope = (values[0] - values[1]) / 2e-4
    expected = (found["blocks.0.linear1.weight"] * direction).sum().item()
    assert slope == pytest.approx(expected, rel=0.02)
