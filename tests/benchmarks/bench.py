"""Measures the engine against the official algorithm on this machine.

Writes docs/benchmark.parquet (a row per measurement) and docs/benchmark.md. Run it
by `make bench` on an idle machine; everything is compared within this one run.
"""

import argparse
import logging
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

from benchmarks import jobs, page, reference
from benchmarks.measure import in_turns
from benchmarks.page import ENGINE, OFFICIAL
from mirage import engine
from mirage.diffusion import Schedule, ddpm_steps, times_of
from mirage.networks.mlp import TemporalMLP
from mirage.samplers import draw_block
from mirage.trajectory import WindowScores
from mirage_workflow.config.experiment import Detection

log = logging.getLogger("bench")

ROOT = Path(__file__).parents[2]
SCHEDULE = Schedule.linear()
ROUNDS = 5


def network(dim: int) -> TemporalMLP:
    torch.manual_seed(0)
    return TemporalMLP(dim, init="pytorch")


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


def draw(
    dim: int,
    precision: str,
    samples: int = 1000,
    count: int = 300,
    block: int = 1000,
    device: str = "cpu",
) -> Callable[[], float]:
    """Sample-steps of the engine, Hal over all default windows included."""
    net = network(dim).requires_grad_(False).to(device)
    model = engine.for_sampling(net, precision, device, calls=count)
    steps = ddpm_steps(SCHEDULE, times_of(count - 1, count), "fixed_large")
    detection = Detection()

    def work() -> float:
        for number in range(samples // block):
            scores = WindowScores(detection.detectors, detection.windows)
            x = draw_block(
                model, steps, (dim,), number, block, block, 0, 0, [scores], device=device
            )
            x.cpu()  # waits for a GPU
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


def peak(size: int = 8192) -> Callable[[], float]:
    """As many operations as a sample-step's products, at the rate of one large product."""
    a = torch.randn(size, size, device="cuda", dtype=torch.bfloat16)

    def work() -> float:
        for _ in range(20):
            product = a @ a
        product[0, 0].item()  # waits
        return 20 * 2 * size**3 / (6 * 2 * 128**2)

    return work


def unet(precision: str, channels_last: bool) -> Callable[[], float]:
    """Pictures of 28 pixels through the digits' U-Net of `default`."""
    from mirage.networks.unet import build_unet

    torch.manual_seed(0)
    net = build_unet((1, 28, 28), Schedule.linear()).requires_grad_(False)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = engine.for_sampling(net.to(memory_format=layout), precision, "cpu", calls=1)
    x = torch.randn(64, 1, 28, 28).to(memory_format=layout)

    def work() -> float:
        with torch.inference_mode():
            for _ in range(2):
                model(x, torch.tensor(5))
        return 128

    return work


def compare(section: str, subjects: dict, rounds: int = ROUNDS, **labels) -> list[dict]:
    """A row for each subject of a comparison and each round."""
    log.info("%s %s", section, labels)
    times = in_turns(subjects, rounds).assign(section=section, **labels)
    return times.to_dict("records")


def training() -> list[dict]:
    rows = []
    for cores in (1, 2):
        for batch in (2000, 10_000):
            with threads(cores):
                subjects = {"official": train(batch, None)}
                subjects |= {f"{ENGINE}, {p}": train(batch, p) for p in ("float32", "bfloat16")}
                rows += compare("update", subjects, threads=cores, batch=batch)
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
                rows += compare("sample-step", subjects, threads=cores, dim=dim)
    return rows


def gpu() -> list[dict]:
    """The same on a GPU, where there is one, in blocks that fill it."""
    if not torch.cuda.is_available():
        return []
    block = 1_000_000
    subjects = {
        f"{ENGINE}, {p}": draw(2, p, block, 1000, block, "cuda") for p in ("float32", "bfloat16")
    }
    subjects["its operations at the chip's peak, bfloat16"] = peak()
    return compare("gpu", subjects)


def growth() -> list[dict]:
    """Cost of a sample-step against the number of samples and of steps."""
    subjects = {
        f"{n} samples, {steps} steps": draw(2, "bfloat16", n, steps)
        for n, steps in ((1000, 100), (1000, 1000), (10_000, 100))
    }
    return compare("growth", subjects, rounds=3)


def pictures() -> list[dict]:
    subjects = {
        "float32": unet("float32", False),
        "bfloat16": unet("bfloat16", False),
        "bfloat16, channels last": unet("bfloat16", True),
    }
    return compare("picture", subjects, threads=1)


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
            "import torch": lambda: jobs.bare("torch"),
            "sampling job": jobs.sampling_job(Path(folder)),
            "training job": jobs.training_job(Path(folder)),
            "sampling job that compiles": jobs.sampling_job(Path(folder), cold=True),
        }
        return compare("job", subjects, rounds=3)


def plans() -> list[dict]:
    """Seconds until Snakemake knows what to do."""
    with tempfile.TemporaryDirectory() as folder:
        subjects = {
            "import snakemake": lambda: jobs.bare("snakemake.cli"),
            "`quick`": jobs.plan(Path(folder), "quick", seeds=1),
            "`paper`, 5 seeds, 4 filters, 20 generations": jobs.plan(
                Path(folder), "paper", seeds=5, generations=20
            ),
        }
        return compare("plan", subjects, rounds=3)


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
        rows += compare("shards", subjects)
    return rows


MEASURES = {
    "update": training,
    "sample-step": sampling,
    "gpu": gpu,
    "growth": growth,
    "shards": shards,
    "picture": pictures,
    "job": start_up,
    "plan": plans,
    "memory": memory,
}
"""The sections of the page, in its order."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--folder", type=Path, default=ROOT / "docs")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("mirage").setLevel(logging.WARNING)
    torch.set_num_threads(1)
    rows = [row for name in args.sections for row in MEASURES[name]()]
    table = pd.DataFrame(rows)
    if (args.folder / "benchmark.parquet").exists():  # what was not measured now stays
        before = pd.read_parquet(args.folder / "benchmark.parquet")
        table = pd.concat([before[~before["section"].isin(table["section"])], table])
    table = table.reindex(columns=[*table.columns.union(page.KEYS, sort=False)])
    table.to_parquet(args.folder / "benchmark.parquet")
    (args.folder / "benchmark.md").write_text(page.written(table))


if __name__ == "__main__":
    main()
