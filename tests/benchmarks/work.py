"""What is measured: functions that do some work and return how many units it was."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks import reference
from mirage import engine
from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.engine import native
from mirage.engine.pytorch import TorchSampler
from mirage.networks.mlp import TemporalMLP
from mirage.samplers import Model, Stream, draw_block
from mirage.trajectory import WindowScores
from mirage_workflow.config.judging import Detection

Work = Callable[[], float]
SCHEDULE = Schedule.linear()
ROWS = 48
"""Samples in a tile of the kernel."""


def network(dim: int) -> TemporalMLP:
    torch.manual_seed(0)
    return TemporalMLP(dim, init="pytorch")


def train(batch: int, precision: str | None, device: str = "cpu") -> Work:
    """Updates of a batch, drawing it included; `precision` None for the official code."""
    net = network(2).to(device)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3, fused=precision is not None)
    loss = precision and engine.for_training(net, precision, device, calls=10_000)
    data = torch.randn(batch, 2, device=device)

    def work() -> float:
        updates = max(1, 20_000 // batch)
        for _ in range(updates):
            t = torch.randint(len(SCHEDULE.betas), (batch,), device=device)
            eps = torch.randn(batch, 2, device=device)
            x_t = SCHEDULE.add_noise(data, t, eps)
            if loss:
                value = loss(x_t, t, eps)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
            else:
                reference.update(net, optimizer, x_t, t, eps)
        data.cpu()  # waits for a GPU
        return updates

    return work


def draw_official(dim: int, batch: int, device: str = "cpu") -> Work:
    """Sample-steps of the official algorithm: a part of the thousand steps."""
    net = network(dim).to(device)
    count = max(5, min(100, 200_000 // batch))
    steps = ddpm_steps(SCHEDULE, times_of(count - 1, count), "fixed_large")

    def work() -> float:
        def noise() -> torch.Tensor:
            return torch.randn(batch, dim, device=device)

        reference.sample(net, steps, noise(), noise, window=5)
        return batch * count

    return work


def draw(
    dim: int,
    precision: str,
    samples: int = 1000,
    count: int = 300,
    block: int = 1000,
    device: str = "cpu",
    in_pytorch: bool = False,
) -> Work:
    """Sample-steps of the engine, or of PyTorch in its place; Hal over all default windows."""
    net = network(dim).requires_grad_(False).to(device)
    model: Model
    if in_pytorch:
        model = TorchSampler(net, precision == "bfloat16", device, calls=10_000)
    else:
        model = engine.for_sampling(net, precision, device, calls=10_000)
    steps = ddpm_steps(SCHEDULE, times_of(count - 1, count), "fixed_large")
    detection, stream = Detection(), Stream((dim,), block, device=device)

    def work() -> float:
        for number in range(samples // block):
            scores = WindowScores(detection.detectors, detection.windows)
            x = draw_block(model, steps, number, block, stream, [scores])
            x.cpu()  # waits for a GPU
        return samples * count

    return work


def products(level: native.Level) -> Work:
    """The matrix products of sample-steps alone, as the kernel takes them."""
    tiles = 2000
    options = [*native.FLAGS, *level.flags, "-DWIDTH=128", "-DDIM=2", "-I", str(native.FOLDER)]
    source = Path(__file__).with_name("products.cpp")
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/products.so"
        subprocess.run([native._compiler(), *options, "-o", path, str(source)], check=True)
        library = ctypes.CDLL(path)

    def work() -> float:
        library.products(int(level.bfloat16), ctypes.c_long(tiles))
        return tiles * ROWS

    return work


def peak(size: int = 8192) -> Work:
    """As many operations as a sample-step's products, at the rate of one large product."""
    a = torch.randn(size, size, device="cuda", dtype=torch.bfloat16)

    def work() -> float:
        for _ in range(20):
            product = a @ a
        product[0, 0].item()  # waits
        return 20 * 2 * size**3 / (6 * 2 * 128**2)

    return work


def unet(precision: str, channels_last: bool) -> Work:
    """Pictures of 28 pixels through the digits' U-Net of `default`."""
    from mirage.networks.unet import build_unet

    torch.manual_seed(0)
    net = build_unet((1, 28, 28), SCHEDULE).requires_grad_(False)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = engine.for_sampling(net.to(memory_format=layout), precision, "cpu", calls=1)
    x = torch.randn(64, 1, 28, 28).to(memory_format=layout)

    def work() -> float:
        with torch.inference_mode():
            for _ in range(2):
                model(x, torch.tensor(5))
        return 128

    return work
