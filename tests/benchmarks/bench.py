"""Measures the engine against the official algorithm on this machine.

Writes docs/benchmark.parquet (a row per measurement) and docs/benchmark.md, where what was
measured on processors of other kinds stays. Run it by `make bench` on an idle machine, or
a part of it by `make bench SECTIONS="sampling training"`; what is compared is measured in
turns, in one run.
"""

import argparse
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import torch

from benchmarks import jobs, levels, page, work
from benchmarks.measure import in_turns

log = logging.getLogger("bench")

ROOT = Path(__file__).parents[2]
ROUNDS = 5


def training() -> pd.DataFrame:
    """An update of 2,000 samples on one core, at every vector unit."""
    return levels.in_turns("training", levels.TRAINING, ROUNDS)


def sampling() -> pd.DataFrame:
    """A sample-step in 2D on one core, at every vector unit."""
    return levels.in_turns("sampling", levels.SAMPLING, 3)


def gpu() -> pd.DataFrame:
    """Sampling on a GPU, where there is one, in blocks that fill it."""
    if not torch.cuda.is_available():
        return pd.DataFrame()
    block, subjects = 100_000, {}
    for p in ("bfloat16", "float32"):
        subjects[f"engine, {p}"] = work.draw(2, p, block, 100, block, "cuda")
        subjects[f"PyTorch compiled, {p}"] = work.draw(2, p, block, 100, block, "cuda", True)
    subjects["official"] = work.draw_official(2, block, "cuda")
    subjects["its products alone, at the rate of a large one in bfloat16"] = work.peak()
    return in_turns(subjects, ROUNDS)


def gpu_training() -> pd.DataFrame:
    """An update of 2,000 samples on a GPU, where there is one."""
    if not torch.cuda.is_available():
        return pd.DataFrame()
    subjects = {f"engine, {p}": work.train(2000, p, "cuda") for p in ("float32", "bfloat16")}
    return in_turns(subjects | {"official": work.train(2000, None, "cuda")}, ROUNDS)


def growth() -> pd.DataFrame:
    """Cost of a sample-step against the number of samples and of steps."""
    subjects = {
        f"{n} samples, {steps} steps": work.draw(2, "bfloat16", n, steps)
        for n, steps in ((1000, 100), (1000, 1000), (10_000, 100))
    }
    return in_turns(subjects, 3)


def shards() -> pd.DataFrame:
    """Shards side by side, against one shard alone and one job with two threads."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:

        def together(count: int) -> Callable[[], float]:
            return lambda: sum(pool.map(jobs.draw_shard, [1] * count))

        subjects = {
            "one shard, one thread": together(1),
            "two shards, one thread each": together(2),
            "one shard, two threads": lambda: pool.submit(jobs.draw_shard, 2).result(),
        }
        list(pool.map(jobs.draw_shard, [1] * 4))  # both processes have started
        return in_turns(subjects, ROUNDS)


def pictures() -> pd.DataFrame:
    """The digits' U-Net on one core."""
    subjects = {
        "float32": work.unet("float32", False),
        "bfloat16": work.unet("bfloat16", False),
        "bfloat16, channels last": work.unet("bfloat16", True),
    }
    return in_turns(subjects, ROUNDS)


def memory() -> pd.DataFrame:
    """Peak memory that sampling adds to a process; each case in one of its own."""
    cases = [("official", 100_000, 20), ("official", 100_000, 60)]
    cases += [("engine", 200_000, 50), ("engine", 20_000, 50), ("engine", 20_000, 1000)]
    rows = []
    for subject, samples, steps in cases:
        command = [sys.executable, "-m", "benchmarks.memory", subject, str(samples), str(steps)]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        label = f"{subject}, {samples} samples, {steps} steps"
        rows.append({"subject": label, "mebibytes": float(found)})
    return pd.DataFrame(rows)


def start_up() -> pd.DataFrame:
    """Seconds of whole jobs that compute next to nothing."""
    with tempfile.TemporaryDirectory() as folder:
        subjects = {
            "import torch": lambda: jobs.bare("torch"),
            "sampling job": jobs.sampling_job(Path(folder)),
            "training job": jobs.training_job(Path(folder)),
            "sampling job that compiles": jobs.sampling_job(Path(folder), cold=True),
        }
        return in_turns(subjects, 3)


def plans() -> pd.DataFrame:
    """Seconds until Snakemake knows what to do."""
    with tempfile.TemporaryDirectory() as folder:
        subjects = {
            "import snakemake": lambda: jobs.bare("snakemake.cli"),
            "`quick`": jobs.plan(Path(folder), "quick", seeds=1),
            "`paper`, 5 seeds, 4 filters, 20 generations": jobs.plan(
                Path(folder), "paper", seeds=5, generations=20
            ),
        }
        return in_turns(subjects, 3)


MEASURES = {
    "sampling": sampling,
    "training": training,
    "gpu": gpu,
    "gpu_training": gpu_training,
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
    kept = args.folder / "benchmark.parquet"
    table = pd.read_parquet(kept) if kept.exists() else pd.DataFrame()
    for name in args.sections:
        log.info("measuring %s", name)
        rows = MEASURES[name]().assign(section=name, **page.machine())
        if not rows.empty:
            table = page.replaced(table, rows)
            sys.stdout.write("\n".join(page.told(name, rows)) + "\n")
    table.to_parquet(kept)
    kept.with_suffix(".md").write_text(page.written(table))


if __name__ == "__main__":
    main()
