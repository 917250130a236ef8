"""Measures the engine against the official algorithm on this machine.

Writes docs/benchmark.parquet (a row per measurement) and docs/benchmark.md. Run it
by `make bench` on an idle machine; everything is compared within this one run.
"""

import argparse
import logging
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch

from benchmarks import jobs, reference
from benchmarks.measure import in_turns, ratios
from mirage import engine
from mirage.config import Detection, Diffusion
from mirage.config.experiment import MLP, UNet
from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.networks import TemporalMLP
from mirage.samplers import draw_block
from mirage.trajectory import WindowScores

log = logging.getLogger("bench")

ROOT = Path(__file__).parents[2]
SCHEDULE = Schedule.linear(Diffusion())
ROUNDS = 5
OFFICIAL = "official, batches of"
ENGINE = "engine"


def network(dim: int) -> TemporalMLP:
    torch.manual_seed(0)
    return TemporalMLP(dim, MLP(name="mlp", init="pytorch"))


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train(batch: int, precision: str | None) -> Callable[[], float]:
    """Updates of a batch, drawing it included; `precision` None for the official code."""
    net = network(2)
    optimizer = torch.optim.Adam(net.parameters(), 1e-3, fused=precision is not None)
    loss = precision and engine.for_training(net, precision, "cpu", calls=10_000)
    data = torch.randn(batch, 2)

    def work() -> float:
        updates = max(1, 20_000 // batch)
        for _ in range(updates):
            t = torch.randint(len(SCHEDULE.betas), (batch,))
            eps = torch.randn(batch, 2)
            x_t = SCHEDULE.add_noise(data, t, eps)
            if loss:
                value = loss(x_t, t, eps)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
            else:
                reference.update(net, optimizer, x_t, t, eps)
        return updates

    return work


def draw_official(dim: int, batch: int) -> Callable[[], float]:
    """Sample-steps of the official algorithm: a part of the thousand steps."""
    net = network(dim)
    count = max(5, min(100, 200_000 // batch))
    steps = ddpm_steps(SCHEDULE, times_of(count - 1, count), "fixed_large")

    def work() -> float:
        x = torch.randn(batch, dim)
        reference.sample(net, steps, x, lambda: torch.randn(batch, dim), window=5)
        return batch * count

    return work


def draw(dim: int, precision: str, samples: int = 1000, count: int = 300) -> Callable[[], float]:
    """Sample-steps of the engine, Hal over all default windows included."""
    net = network(dim).requires_grad_(False)
    model = engine.for_sampling(net, precision, "cpu", calls=count)
    steps = ddpm_steps(SCHEDULE, times_of(count - 1, count), "fixed_large")
    detection = Detection()
    size = min(samples, 1000)

    def work() -> float:
        for block in range(samples // size):
            scores = WindowScores(detection.detectors, detection.windows)
            draw_block(model, steps, (dim,), block, size, size, 0, 0, [scores])
        return samples * count

    return work


def products(precision: torch.dtype) -> Callable[[], float]:
    """The matrix products of a sample-step, alone."""
    width, batch = 128, 2000
    a, w = (torch.randn(n, width).to(precision) for n in (batch, width))
    out = torch.empty_like(a)

    def work() -> float:
        for _ in range(6 * 50):
            torch.mm(a, w, out=out)
        return 50 * batch

    return work


def unet(precision: str, channels_last: bool) -> Callable[[], float]:
    """Pictures of 28 pixels through the digits' U-Net of `default`."""
    from mirage.networks.unet import build_unet

    torch.manual_seed(0)
    net = build_unet(UNet(name="unet", channels=[16, 32, 32]), (1, 28, 28)).requires_grad_(False)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = engine.for_sampling(net.to(memory_format=layout), precision, "cpu", calls=1)
    x = torch.randn(64, 1, 28, 28).to(memory_format=layout)

    def work() -> float:
        with torch.inference_mode():
            for _ in range(2):
                model(x, torch.tensor(5))
        return 128

    return work


def compare(section: str, subjects: dict, first: str, rounds: int = ROUNDS, **labels) -> list:
    """Rows of one comparison, `first` being the yardstick."""
    log.info("%s %s", section, labels)
    table = ratios(in_turns(subjects, rounds), first)
    return [{"section": section, "subject": name, **labels, **table.loc[name]} for name in subjects]


def training() -> list[dict]:
    rows = []
    for cores in (1, 2):
        for batch in (2000, 10_000):
            with threads(cores):
                subjects = {"official": train(batch, None)}
                subjects |= {f"{ENGINE}, {p}": train(batch, p) for p in ("float32", "bfloat16")}
                rows += compare("update", subjects, "official", threads=cores, batch=batch)
    return rows


def sampling() -> list[dict]:
    rows = []
    for cores in (1, 2):
        for dim in (1, 2):
            with threads(cores):
                batches = (500, 2000, 10_000, 100_000)
                subjects = {f"{OFFICIAL} {n}": draw_official(dim, n) for n in batches}
                subjects |= {f"{ENGINE}, {p}": draw(dim, p) for p in ("float32", "bfloat16")}
                subjects["products alone, float32"] = products(torch.float32)
                subjects["products alone, bfloat16"] = products(torch.bfloat16)
                first = f"{ENGINE}, bfloat16"
                rows += compare("sample-step", subjects, first, threads=cores, dim=dim)
    return rows


def growth() -> list[dict]:
    """Cost of a sample-step against the number of samples and of steps."""
    subjects = {
        f"{n} samples, {steps} steps": draw(2, "bfloat16", n, steps)
        for n, steps in ((1000, 100), (1000, 1000), (10_000, 100))
    }
    return compare("growth", subjects, "1000 samples, 1000 steps", rounds=3)


def pictures() -> list[dict]:
    subjects = {
        "float32": unet("float32", False),
        "bfloat16": unet("bfloat16", False),
        "bfloat16, channels last": unet("bfloat16", True),
    }
    return compare("picture", subjects, "float32", threads=1)


def memory() -> list[dict]:
    """Peak memory that sampling adds to a process; each case in one of its own."""
    cases = [("official", 100_000, 20), ("official", 100_000, 60)]
    cases += [("engine", 200_000, 50), ("engine", 20_000, 50), ("engine", 20_000, 1000)]
    rows = []
    for subject, samples, steps in cases:
        log.info("memory of %s: %d samples, %d steps", subject, samples, steps)
        command = [sys.executable, "-m", "benchmarks.memory", subject, str(samples), str(steps)]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        label = f"{subject}, {samples} samples, {steps} steps"
        rows.append({"section": "memory", "subject": label, "mebibytes": float(found)})
    return rows


def start_up() -> list[dict]:
    """Seconds of whole jobs that compute next to nothing."""
    with tempfile.TemporaryDirectory() as folder:
        subjects = {
            "python -c 'import torch'": jobs.bare,
            "sampling job": jobs.sampling_job(Path(folder)),
            "training job": jobs.training_job(Path(folder)),
            "sampling job that compiles": jobs.sampling_job(Path(folder), cold=True),
        }
        return compare("job", subjects, "python -c 'import torch'", rounds=3)


def shards() -> list[dict]:
    """Shards side by side, against one shard alone and one job with two threads."""
    rows = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        def together(count: int) -> Callable[[], float]:
            return lambda: sum(pool.map(jobs.draw_shard, [1] * count))

        subjects = {
            "one shard, one thread": together(1),
            "two shards, one thread each": together(2),
            "one shard, two threads": lambda: pool.submit(jobs.draw_shard, 2).result(),
        }
        list(pool.map(jobs.draw_shard, [1] * 4))  # both processes have started
        rows += compare("shards", subjects, "one shard, one thread", rounds=5)
    return rows


SECTIONS = {
    "update": (training, "One training update", "update", 1e3, "ms"),
    "sample-step": (sampling, "Sampling with Hal", "sample and step", 1e6, "µs"),
    "growth": (growth, "Cost against samples and steps", "sample and step", 1e6, "µs"),
    "shards": (shards, "Shards on two cores", "sample and step", 1e6, "µs"),
    "picture": (pictures, "U-Net, 28 pixels, one thread", "picture and step", 1e3, "ms"),
    "job": (start_up, "Whole jobs that compute next to nothing", "job", 1, "s"),
    "memory": (memory, "Peak memory that sampling adds to a process", "", 1, "MiB"),
}


def page(table: pd.DataFrame) -> str:
    """The Markdown page."""
    parts = [
        "# Benchmark\n",
        "Made by `make bench`: the engine and a plain writing of the official algorithm "
        "(float32, eager, whole batches, every prediction kept; tests/benchmarks/reference.py) "
        "in turns, in one run. Ratios are medians over rounds, extremes in brackets.\n",
        f"Machine: {processor()}, {os.cpu_count()} cores, PyTorch {torch.__version__}, "
        f"Python {platform.python_version()}.\n",
    ]
    for section, rows in table.groupby("section", sort=False):
        _, title, unit, factor, symbol = SECTIONS[section]
        parts.append(f"## {title}\n")
        if section == "memory":
            parts += ["| | MiB |", "|---|---|"]
            parts += [f"| {row.subject} | {row.mebibytes:.1f} |" for row in rows.itertuples()]
            parts.append("")
            continue
        keys = [key for key in ("threads", "batch", "dim") if rows[key].notna().any()]
        parts.append(f"| {' | '.join([*keys, 'subject'])} | {symbol} a {unit} | times as fast |")
        parts.append("|---" * (len(keys) + 3) + "|")
        for row in rows.to_dict("records"):
            cells = [f"{row[key]:g}" for key in keys]
            speed = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
            cells += [row["subject"], f"{row['seconds'] * factor:.3g}", speed]
            parts.append(f"| {' | '.join(cells)} |")
        parts.append("")
    return "\n".join(parts)


def processor() -> str:
    found = torch.cpu.get_capabilities()
    features = [name for name in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16") if found.get(name)]
    return f"{found.get('cpu_name', platform.machine())} ({', '.join(features)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--folder", type=Path, default=ROOT / "docs")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("mirage").setLevel(logging.WARNING)
    torch.set_num_threads(1)
    rows = [row for name in args.sections for row in SECTIONS[name][0]()]
    table = pd.DataFrame(rows)
    for key in ("threads", "batch", "dim"):
        table[key] = table.get(key)
    table.to_parquet(args.folder / "benchmark.parquet")
    (args.folder / "benchmark.md").write_text(page(table))


if __name__ == "__main__":
    main()
