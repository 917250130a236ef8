"""Which engine computes, and what is said where it is not the kernel."""

import logging
import stat
import sys

import pytest
import torch
from kernels import gradients, native_loss, needs_compiler, network, path

from mirage import engine
from mirage.engine import native

AVX2 = next(level for level in native.LEVELS["x86_64"] if level.name == "avx2")
pytestmark = needs_compiler


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
