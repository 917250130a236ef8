import logging
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from benchmarks import reference
from torch.nn import functional as F

from mirage import engine
from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.engine import native
from mirage.engine.cpu import SLICE, NativeLoss, NativeSampler
from mirage.networks.mlp import TemporalMLP
from mirage.samplers import draw_block, walk
from mirage.trajectory import PathRecorder
from mirage_workflow.config.settings import Engine

SCHEDULE = Schedule.linear()
STEPS = ddpm_steps(SCHEDULE, times_of(399, 40), "fixed_large")
AMX, AVX512_BF16, AVX512, AVX2, SSE4 = native.LEVELS["x86_64"]
EMULATED = Path(__file__).with_name("amx_emulated.h")
EMULATED_AMX = replace(
    AVX512_BF16,
    name="amx, emulated",
    flags=(*AVX512_BF16.flags, "-D__AMX_BF16__", "-include", str(EMULATED)),
)
LEVELS = [EMULATED_AMX, *native.LEVELS["x86_64"], *native.LEVELS["aarch64"]]
needs_compiler = pytest.mark.skipif(native._compiler() is None, reason="no C++ compiler")
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


def network(dim=2, width=32, **options) -> TemporalMLP:
    """Weights without any zeros or ones that could hide a mistake."""
    torch.manual_seed(dim + width)
    net = TemporalMLP(dim, width=width, init="pytorch", **options)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return net


def kernel_of(net, level=None) -> native.Kernel:
    return native.compiled(net.width, net.input.in_features, level or native.level())


def sampler(net, level=None, bfloat16=False) -> NativeSampler:
    return NativeSampler(net, kernel_of(net, level), bfloat16)


def path(model, n=100, dim=2, steps=STEPS, clip=False):
    """x0_hat along a walk of n samples, from a fixed noise: [steps, n, dim]."""
    noise = torch.Generator().manual_seed(1)

    def draw():
        return torch.randn(n, dim, generator=noise)

    seen = []
    walk(model, draw(), steps, draw, [lambda step, x, x0_hat: seen.append(x0_hat.clone())], clip)
    return torch.stack(seen)


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
    assert distance(clipped, plain) < 1e-5


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
    draw_block(sampler(network()), STEPS, (2,), 0, 5, 5, 0, 0, [recorder])
    assert recorder.times == [step.t for step in STEPS]


def native_loss(net, level=None, bfloat16=False) -> NativeLoss:
    return NativeLoss(net, kernel_of(net, level), bfloat16)


def gradients(net, loss, n=150):
    torch.manual_seed(3)
    x, eps = torch.randn(n, net.input.in_features), torch.randn(n, net.input.in_features)
    t = torch.randint(1000, (n,))
    net.zero_grad()
    value = loss(x, t, eps)
    value.backward()
    return value.item(), {name: p.grad.clone() for name, p in net.named_parameters()}


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


def chosen(net, caplog, precision="bfloat16"):
    caplog.clear()
    with caplog.at_level(logging.INFO):
        return engine.for_sampling(net, precision, "cpu", calls=1)


@pytest.fixture
def uncached(monkeypatch, tmp_path):
    """Nothing compiled before is found, in this process or on disk."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    native.compiled.cache_clear()
    yield tmp_path
    native.compiled.cache_clear()


def test_without_a_compiler_pytorch_computes_and_one_line_says_so(monkeypatch, uncached, caplog):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    model = chosen(network(), caplog)
    assert model.name.startswith("PyTorch")
    assert sum("compiler" in record.message for record in caplog.records) == 1
    assert torch.isfinite(path(model)).all()


def test_a_compiler_that_fails_is_named_and_nothing_is_left(monkeypatch, uncached, caplog):
    broken = uncached / "broken-compiler"
    broken.write_text("#!/bin/sh\necho 'no such thing' >&2\nexit 3\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXX", str(broken))
    assert chosen(network(), caplog).name.startswith("PyTorch")
    assert "broken-compiler cannot compile the kernel (no such thing)" in caplog.text
    assert not list((uncached / "cache" / "mirage").iterdir())


def test_a_library_that_cannot_be_loaded_is_named(monkeypatch, uncached, caplog):
    useless = uncached / "useless-compiler"
    useless.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "open(sys.argv[sys.argv.index('-o') + 1], 'w').write('no library')\n"
    )
    useless.chmod(useless.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXX", str(useless))
    assert chosen(network(), caplog).name.startswith("PyTorch")
    assert "cannot be loaded" in caplog.text


def test_the_second_job_compiles_nothing(monkeypatch, uncached):
    assert native.kernel(32, 2)
    native.compiled.cache_clear()
    monkeypatch.setattr(native.subprocess, "run", lambda *a, **k: pytest.fail("compiled again"))
    assert native.kernel(32, 2)


def test_an_unwritable_cache_is_no_obstacle(monkeypatch, uncached):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc")  # where root may not write either
    assert native.kernel(32, 2)


def test_a_cache_that_cannot_be_a_folder_is_no_obstacle(monkeypatch, uncached):
    (uncached / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(uncached / "file"))
    assert native.kernel(32, 2)


@pytest.fixture
def avx2_alone(monkeypatch):
    """A processor of 2013 to 2021, as most laptops have."""
    if AVX2 not in native.levels():
        pytest.skip("this machine has no avx2")
    monkeypatch.delenv("MIRAGE_ENGINE", raising=False)
    monkeypatch.setattr(native.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "sse4_2": True})


def test_a_processor_without_bfloat16_multiplies_in_float32(avx2_alone, caplog):
    model = chosen(network(), caplog)
    assert model.name == "the native kernel for avx2, products in float32"
    assert "bfloat16 is not multiplied here" in caplog.text
    loss = engine.for_training(network(), "bfloat16", "cpu", calls=1)
    assert loss.name == "the native kernel for avx2, products in float32"


def test_an_architecture_the_kernel_does_not_know_is_left_to_pytorch(monkeypatch, caplog):
    monkeypatch.setattr(native.platform, "machine", lambda: "riscv64")
    assert chosen(network(), caplog).name.startswith("PyTorch")
    assert "no native kernel (riscv64)" in caplog.text


def test_tile_registers_that_the_system_withholds_are_not_used(monkeypatch):
    monkeypatch.delenv("MIRAGE_ENGINE", raising=False)
    found = dict.fromkeys(("amx_bf16", "avx512_bf16", "avx512_bw", "avx2", "sse4_2"), True)
    monkeypatch.setattr(native.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    for granted, first in ((True, "amx"), (False, "avx512_bf16")):
        monkeypatch.setattr(torch.cpu, "_init_amx", lambda granted=granted: granted)
        assert native.level().name == first


@pytest.mark.parametrize("engine_name", ["pytorch", "sse4"])
def test_a_run_may_name_what_computes(monkeypatch, avx2_alone, caplog, engine_name):
    monkeypatch.setenv("MIRAGE_ENGINE", engine_name)
    name = chosen(network(), caplog).name
    assert name.startswith("PyTorch" if engine_name == "pytorch" else "the native kernel for sse4")


def test_what_this_processor_lacks_is_refused(monkeypatch, avx2_alone, caplog):
    monkeypatch.setenv("MIRAGE_ENGINE", "avx512")
    with pytest.raises(RuntimeError, match="engine: found 'avx512'; allowed here: auto, pytorch, "):
        chosen(network(), caplog)


@pytest.mark.parametrize("width", [8, 24, 100])
def test_a_width_the_kernel_cannot_have_is_left_to_pytorch(width, caplog):
    model = chosen(network(width=width), caplog)
    assert model.name.startswith("PyTorch")
    assert sum(f"width {width}" in record.message for record in caplog.records) == 1
    assert torch.isfinite(path(model)).all()


def test_pytorchs_fallback_trains_as_the_kernel_does(monkeypatch):
    net = network()
    native_value, native_gradients = gradients(net, native_loss(net))
    monkeypatch.setattr("mirage.engine.choose.kernel", lambda width, dim: None)
    loss = engine.for_training(net, "float32", "cpu", calls=1)
    value, plain = gradients(net, loss)
    assert loss.name == "PyTorch, products in float32"
    assert value == pytest.approx(native_value, rel=1e-5)
    for name, gradient in plain.items():
        assert (native_gradients[name] - gradient).norm() < 1e-4 * gradient.norm(), name
