"""The same work at every vector unit of this machine, each in a process that uses no better."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from multiprocessing import get_context

import pandas as pd

LIMITS = {  # PyTorch's own kernels, oneDNN, and MKL (which heeds it on Intel's processors alone)
    "sse4": ("default", "SSE41", "SSE4_2"),
    "avx2": ("avx2", "AVX2", "AVX2"),
    "avx512": ("avx512", "AVX512_CORE", "AVX512"),
    "avx512_bf16": ("avx512", "AVX512_CORE_BF16", "AVX512"),
    "amx": ("avx512", "AVX512_CORE_AMX", "AVX512"),
}
VARIABLES = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS")
OFFICIAL, ENGINE = "official, batches of", "engine"
BLOCKS, PRODUCTS = "PyTorch in blocks", "products alone"
SAMPLING = [*(f"{OFFICIAL} {n}" for n in (500, 2000, 10_000)), BLOCKS, ENGINE, PRODUCTS]
TRAINING = ["official", BLOCKS, ENGINE]


def in_turns(section: str, subjects: Sequence[str], rounds: int) -> pd.DataFrame:
    """Every subject at every level in each round, after a round that does not count.

    Returns:
        Columns `level`, `subject`, `round`, `seconds` (of one unit).
    """
    from mirage.engine import native

    rows = []
    with ExitStack() as stack:
        workers = {
            level.name: stack.enter_context(_worker(level.name)) for level in native.levels()
        }
        for turn in range(-1, rounds):
            for subject in subjects:
                for level, worker in workers.items():
                    seconds = worker.submit(_seconds, section, subject, level).result()
                    row = {"level": level, "subject": subject, "round": turn, "seconds": seconds}
                    rows += [row] if turn >= 0 else []
    return pd.DataFrame(rows)


def compared(rows: pd.DataFrame) -> pd.DataFrame:
    """The engine against the official algorithm at its best batch, by level.

    Args:
        rows: of one section, as `in_turns` gives them.

    Returns:
        By level, the fastest first: medians over rounds of the seconds of `engine`,
        `official` and `pytorch`; `ratio`, official over engine, with its extremes `low` and
        `high`; `share`, what the products alone take of the engine's time, if measured.
    """
    found = {}
    for level in rows["level"].unique():
        seconds = rows[rows["level"] == level].pivot(
            index="round", columns="subject", values="seconds"
        )
        official = seconds.filter(like="official")
        official = official[official.median().idxmin()]
        ratio = official / seconds[ENGINE]
        found[level] = {
            "engine": seconds[ENGINE].median(),
            "official": official.median(),
            "pytorch": seconds[BLOCKS].median(),
            "ratio": ratio.median(),
            "low": ratio.min(),
            "high": ratio.max(),
        }
        if PRODUCTS in seconds:
            found[level]["share"] = (seconds[PRODUCTS] / seconds[ENGINE]).median()
    return pd.DataFrame.from_dict(found, orient="index")


def _worker(level: str) -> ProcessPoolExecutor:
    """A process that knows no better vector unit than this one."""
    before = dict(os.environ)
    os.environ.update(zip(VARIABLES, LIMITS.get(level, ()), strict=False))
    try:
        worker = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        worker.submit(os.getpid).result()  # started, with this environment
    finally:
        os.environ.clear()
        os.environ.update(before)
    return worker


def _seconds(section: str, subject: str, level: str) -> float:
    """Seconds of a unit of work, in a worker."""
    work = _work(section, subject, level)
    start = time.perf_counter()
    units = work()
    return (time.perf_counter() - start) / units


@cache
def _work(section: str, subject: str, name: str):
    import torch

    from benchmarks import work
    from mirage.engine import native

    torch.set_num_threads(1)
    level = next(level for level in native.levels() if level.name == name)
    os.environ["MIRAGE_ENGINE"] = "pytorch" if subject == BLOCKS else name
    precision = "bfloat16" if level.bfloat16 else "float32"
    if section == "training":
        return work.train(2000, None if subject == "official" else precision)
    if subject.startswith(OFFICIAL):
        return work.draw_official(2, int(subject.rpartition(" ")[2]))
    return work.products(level) if subject == PRODUCTS else work.draw(2, precision)
