"""Compiles mlp.cpp for this processor's vector unit, once for each shape of network.

The library is kept in the user's cache folder, so that of many short jobs only the
first one compiles. Without a compiler, or where the code does not compile, there is
no kernel, one line in the log says so, and PyTorch computes instead.

Which unit is used follows from the processor alone, so that a machine gives the numbers
that it gave before; MIRAGE_ENGINE names another, or `pytorch`.
"""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from mirage import files

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
SOURCES = sorted([*FOLDER.glob("*.cpp"), *FOLDER.glob("*.h")])
FLAGS = ("-O3", "-std=c++17", "-fno-math-errno", "-ffp-contract=fast", "-shared", "-fPIC")
LANES = 16
"""The network's width must be a multiple of this, on every processor."""


@dataclass(frozen=True)
class Level:
    """A vector unit that the kernel is compiled for."""

    name: str
    flags: tuple[str, ...]
    """By which a compiler uses it, whatever machine it runs on."""
    needs: str | None
    """What `torch.cpu.get_capabilities` calls it; None where no processor is without."""
    bfloat16: bool = False
    """Whether it multiplies bfloat16."""


_AVX512 = "-march=x86-64-v4"
LEVELS = {
    "x86_64": (
        Level("amx", (_AVX512, "-mavx512bf16", "-mamx-tile", "-mamx-bf16"), "amx_bf16", True),
        Level("avx512_bf16", (_AVX512, "-mavx512bf16"), "avx512_bf16", True),
        Level("avx512", (_AVX512,), "avx512_bw"),
        Level("avx2", ("-march=x86-64-v3",), "avx2"),
        Level("sse4", ("-march=x86-64-v2",), "sse4_2"),
    ),
    "aarch64": (
        Level("neon_bf16", ("-march=armv8.2-a+bf16",), "bf16", True),
        Level("neon", ("-march=armv8-a",), None),
    ),
}
"""By architecture, the fastest first."""


def levels() -> list[Level]:
    """The levels that this machine can run, the fastest first; none on an unknown one."""
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    found = torch.cpu.get_capabilities()
    able = [level for level in LEVELS.get(machine, ()) if not level.needs or found.get(level.needs)]
    if able and able[0].name == "amx" and not torch.cpu._init_amx():
        return able[1:]  # the system keeps tile registers from this process
    return able


def level() -> Level | None:
    """The level that computes: the one that MIRAGE_ENGINE names, or the fastest.

    Raises:
        RuntimeError: if this machine cannot run the one that is named.
    """
    able = levels()
    wanted = os.environ.get("MIRAGE_ENGINE", "auto")
    if wanted == "auto":
        return able[0] if able else None
    names = [level.name for level in able]
    if wanted not in ("pytorch", *names):
        allowed = ", ".join(("auto", "pytorch", *names))
        raise RuntimeError(f"engine: found {wanted!r}; allowed here: {allowed}")
    return next((level for level in able if level.name == wanted), None)


class Kernel:
    """The functions of one compiled library. All tensors are float32 and contiguous."""

    def __init__(self, library: Path, level: Level) -> None:
        self._library = ctypes.CDLL(str(library))
        self._library.mlp_loss.restype = ctypes.c_double
        self.level = level

    def walk(
        self,
        bfloat16: bool,
        parameters: Sequence[Tensor],
        blocks: int,
        layers: int,
        steps: Tensor,
        shifts: Tensor,
        noise: Tensor,
        clip: bool,
        rows: range,
        x: Tensor,
        x_t: Tensor,
        x0_hat: Tensor,
    ) -> None:
        """Take a part of the samples through k reverse steps, in place.

        Args:
            bfloat16: whether products are taken in bfloat16.
            parameters: as `parameters_of` gives them.
            blocks, layers: sets of weights, and how many layers use them in turn.
            steps: the step's five factors: [k, 5], in the order of `Step` in the source.
            shifts: what time adds in each block: [k, blocks, width].
            noise: [k, n, d].
            clip: clip x0_hat to [-1, 1].
            rows: which of the n samples to walk.
            x: where they are, and where they end: [n, d].
            x_t, x0_hat: outputs, the state before each step and its prediction: [k, n, d].
        """
        self._library.mlp_walk(
            int(bfloat16),
            _addresses(parameters),
            blocks,
            layers,
            len(steps),
            _address(steps),
            _address(shifts),
            _address(noise),
            int(clip),
            ctypes.c_long(len(x)),
            ctypes.c_long(rows.start),
            ctypes.c_long(rows.stop),
            _address(x),
            _address(x_t),
            _address(x0_hat),
        )

    def loss(
        self,
        bfloat16: bool,
        parameters: Sequence[Tensor],
        gradients: Sequence[Tensor],
        blocks: int,
        layers: int,
        x_t: Tensor,
        eps: Tensor,
        shifts: Tensor,
        index: Tensor,
        scale: float,
        rows: range,
        shift_gradients: Tensor,
    ) -> float:
        """The sum of squared errors of a part of a batch; its gradients are added to.

        Args:
            gradients: one for each parameter, and of its shape.
            x_t, eps: the network's input and what it should predict: [n, d].
            shifts: what time adds in each block at u distinct times: [u, blocks, width].
            index: each sample's row of `shifts`: int64 [n].
            scale: derivative of the loss by an error is scale * error.
            rows: which of the n samples count.
            shift_gradients: of `shifts`' shape.
        """
        return self._library.mlp_loss(
            int(bfloat16),
            _addresses(parameters),
            _addresses(gradients),
            blocks,
            layers,
            _address(x_t),
            _address(eps),
            _address(shifts),
            _address(index),
            ctypes.c_float(scale),
            ctypes.c_long(rows.start),
            ctypes.c_long(rows.stop),
            _address(shift_gradients),
        )

    def time_shifts(self, parameters: Sequence[Tensor], sinusoids: Tensor) -> Tensor:
        """What time adds in each block at u times: [u, blocks, width].

        Args:
            parameters: as `time_parameters_of` gives them.
            sinusoids: of the times: [u, width].
        """
        blocks = len(parameters) // 2 - 1
        shifts = sinusoids.new_empty(len(sinusoids), blocks, sinusoids.shape[1])
        self._library.mlp_time_shifts(
            _addresses(parameters),
            blocks,
            ctypes.c_long(len(sinusoids)),
            _address(sinusoids),
            _address(shifts),
        )
        return shifts

    def time_gradients(
        self,
        parameters: Sequence[Tensor],
        sinusoids: Tensor,
        shift_gradients: Tensor,
        gradients: Sequence[Tensor],
    ) -> None:
        """Add to the gradients of the time embedding, given those of its shifts."""
        self._library.mlp_time_gradients(
            _addresses(parameters),
            len(parameters) // 2 - 1,
            ctypes.c_long(len(sinusoids)),
            _address(sinusoids),
            _address(shift_gradients),
            _addresses(gradients),
        )


def kernel(width: int, dim: int) -> Kernel | None:
    """The kernel for networks of this width on points of this dimension, or none."""
    found = level()
    if found is None:
        why = "as asked" if os.environ.get("MIRAGE_ENGINE") == "pytorch" else platform.machine()
        log.info("no native kernel (%s): PyTorch computes", why)
        return None
    return compiled(width, dim, found)


@cache
def compiled(width: int, dim: int, level: Level) -> Kernel | None:
    """The kernel at a level, or none with a line in the log that says why."""
    if width % LANES:
        log.info("no native kernel for width %d, no multiple of %d", width, LANES)
        return None
    compiler = _compiler()
    if compiler is None:
        log.info("no C++ compiler found: PyTorch computes, several times slower")
        return None
    try:
        return Kernel(_library(compiler, width, dim, level), level)
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        log.info("%s cannot compile the kernel (%s): PyTorch computes", compiler, reason)
    except OSError as error:
        log.info("the kernel cannot be loaded (%s): PyTorch computes", error)
    return None


def _compiler() -> str | None:
    names = (os.environ.get("CXX"), "c++", "g++", "clang++")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def _library(compiler: str, width: int, dim: int, level: Level) -> Path:
    """The compiled source: from the cache, or compiled into it."""
    options = [*FLAGS, *level.flags, f"-DWIDTH={width}", f"-DDIM={dim}"]
    parts = [*(path.read_text() for path in SOURCES), compiler, *options]
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    library = _cache_folder() / f"mlp-{level.name}-{name}.so"
    if not library.exists():
        with files.replacing(library) as temporary:
            command = [compiler, *options, "-o", str(temporary), str(FOLDER / "mlp.cpp")]
            subprocess.run(command, check=True, capture_output=True, text=True)
    return library


def _cache_folder() -> Path:
    """The user's cache folder, or one of this process where that cannot be written."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mirage"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(_own_folder().name)
    return folder if os.access(folder, os.W_OK) else Path(_own_folder().name)


@cache
def _own_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="mirage-")


def _address(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def _addresses(tensors: Sequence[Tensor]) -> ctypes.Array:
    return (ctypes.c_void_p * len(tensors))(*[tensor.data_ptr() for tensor in tensors])
