"""The kernel on an emulated Arm processor gives what PyTorch gives here.

Needs Debian's `g++-aarch64-linux-gnu` and `qemu-user`. No time is taken of an emulator.
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.engine import native
from mirage.engine.parameters import parameters_of, time_parameters_of
from mirage.networks.mlp import TemporalMLP, sinusoids

COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
DRIVER = Path(__file__).with_name("arm_driver.cpp")
STEPS = ddpm_steps(Schedule.linear(), times_of(399, 12), "fixed_large")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (shutil.which(COMPILER) and shutil.which(EMULATOR)),
        reason=f"no {COMPILER} or no {EMULATOR}",
    ),
]


def on_arm(level: native.Level, width: int, dim: int, arrays: list, folder: Path) -> list:
    """What the driver makes of these arrays, compiled for a level and emulated."""
    program = folder / "driver"
    flags = [flag for flag in native.FLAGS if flag not in ("-shared", "-fPIC")]
    options = [*flags, *level.flags, "-static", f"-DWIDTH={width}", f"-DDIM={dim}"]
    includes = ["-I", str(native.FOLDER)]
    subprocess.run([COMPILER, *options, *includes, "-o", program, DRIVER], check=True)
    with open(folder / "in", "wb") as file:
        for array in arrays:
            array = np.asarray(array, np.float32).ravel()
            file.write(np.int64(array.size).tobytes() + array.tobytes())
    subprocess.run([EMULATOR, "-cpu", "max", program, folder / "in", folder / "out"], check=True)
    data, found = (folder / "out").read_bytes(), []
    while data:
        end = 8 + 4 * int(np.frombuffer(data, np.int64, 1)[0])
        found.append(torch.from_numpy(np.frombuffer(data[8:end], np.float32).copy()))
        data = data[end:]
    return found


@pytest.mark.parametrize("level", native.LEVELS["aarch64"], ids=lambda level: level.name)
@pytest.mark.parametrize(("width", "dim"), [(128, 2), (48, 1)])
@pytest.mark.parametrize("tied", [True, False])
def test_arm_walks_and_trains_as_pytorch_does(level, width, dim, tied, tmp_path):
    torch.manual_seed(0)
    net = TemporalMLP(dim, width=width, init="pytorch", tied=tied)
    times = torch.tensor([step.t for step in STEPS])
    n = 100
    x, eps, noise = torch.randn(n, dim), torch.randn(n, dim), torch.randn(len(STEPS), n, dim)
    index = torch.randint(len(times), (n,))
    time, rest = time_parameters_of(net), parameters_of(net)
    arrays = [
        [level.bfloat16, len(net.blocks), net.layers],
        sinusoids(times, width),
        [step.factors for step in STEPS],
        noise,
        x,
        eps,
        index,
        *(parameter.detach() for parameter in [*time, *rest]),
    ]
    value, x0_hat, end, *gradients = on_arm(level, width, dim, arrays, tmp_path)

    with torch.no_grad():
        at, path = x, []
        for step, normal in zip(STEPS, noise, strict=True):
            path.append(step.x0_from_x * at + step.x0_from_eps * net(at, torch.tensor(step.t)))
            at = step.from_x0 * path[-1] + step.from_x * at + step.sigma * normal
    loss = F.mse_loss(net(x, times[index]), eps)
    loss.backward()

    tolerance = 0.02 if level.bfloat16 else 1e-4  # gradients of so few samples cancel in part
    assert value.item() / eps.numel() == pytest.approx(loss.item(), rel=tolerance)
    assert apart(x0_hat, torch.stack(path)) < tolerance
    assert apart(end, at) < tolerance
    for found, parameter in zip(gradients, [*time, *rest], strict=True):
        assert apart(found, parameter.grad) < 5 * tolerance


def apart(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The distance of two tensors, relative to the second's length."""
    return ((found.view_as(expected) - expected).norm() / expected.norm()).item()
