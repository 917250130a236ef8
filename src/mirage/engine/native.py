"""Compiles mlp.cpp for this processor, once for each shape of network, and calls it.

The library is kept in the user's cache folder, so that of many short jobs only the
first one compiles. Without a compiler, or where the code does not compile, there is
no kernel, one line in the log says so, and PyTorch computes instead.
"""

import ctypes
import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from mirage import files

log = logging.getLogger(__name__)

SOURCE = Path(__file__).with_name("mlp.cpp")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fno-math-errno", "-shared", "-fPIC")
LANES = 16
"""Numbers in one vector of the source; the network's width must be a multiple."""


class Kernel:
    """The functions of one compiled library. All tensors are float32 and contiguous."""

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))
        self._library.mlp_loss.restype = ctypes.c_double
        self.multiplies_bfloat16 = bool(self._library.has_bfloat16())

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


@cache
def kernel(width: int, dim: int) -> Kernel | None:
    """The kernel for networks of this width on points of this dimension, or none."""
    if width % LANES:
        log.info("no native kernel for width %d, no multiple of %d", width, LANES)
        return None
    compiler = _compiler()
    if compiler is None:
        log.info("no C++ compiler found: PyTorch computes, several times slower")
        return None
    try:
        return Kernel(_library(compiler, width, dim))
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        log.info("%s cannot compile the kernel (%s): PyTorch computes", compiler, reason)
    except OSError as error:
        log.info("the kernel cannot be loaded (%s): PyTorch computes", error)
    return None


def _compiler() -> str | None:
    names = (os.environ.get("CXX"), "c++", "g++", "clang++")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def _library(compiler: str, width: int, dim: int) -> Path:
    """The compiled source: from the cache, or compiled into it."""
    options = [*FLAGS, f"-DWIDTH={width}", f"-DDIM={dim}"]
    parts = [SOURCE.read_text(), compiler, *options, *map(str, _processor())]
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    library = _cache_folder() / f"mlp-{name}.so"
    if not library.exists():
        with files.replacing(library) as temporary:
            command = [compiler, *options, "-o", str(temporary), str(SOURCE)]
            subprocess.run(command, check=True, capture_output=True, text=True)
    return library


def _processor() -> list:
    """What code for this processor depends on."""
    return sorted(torch.cpu.get_capabilities().items())


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
