"""The page that a benchmark is read from: docs/benchmark.md."""

import os
import platform

import pandas as pd
import torch

from benchmarks.measure import ratios

ENGINE = "engine"
FASTEST = "engine, bfloat16"
OFFICIAL = "official, batches of"
KEYS = ["threads", "batch", "dim"]
"""What comparisons of one section differ in."""

STEP = "sample and step"
SECTIONS = {
    "update": ("One training update", FASTEST, "update", 1e3, "ms"),
    "sample-step": ("Sampling with Hal", FASTEST, STEP, 1e6, "µs"),
    "gpu": ("Sampling with Hal in 2D on the GPU", FASTEST, STEP, 1e9, "ns"),
    "growth": ("Cost by samples and steps", "1000 samples, 100 steps", STEP, 1e6, "µs"),
    "shards": ("Shards on two cores", "one shard, one thread", STEP, 1e6, "µs"),
    "picture": ("U-Net, 28 pixels", "float32", "picture and step", 1e3, "ms"),
    "job": ("Jobs that compute next to nothing", "import torch", "job", 1, "s"),
    "plan": ("Dry runs of all figures", "import snakemake", "plan", 1, "s"),
    "memory": ("Peak memory that sampling adds to a process", "", "", 1, "MiB"),
}
"""Title, yardstick and unit of each section of the page, in their order."""


def written(table: pd.DataFrame) -> str:
    """The Markdown page."""
    parts = [
        "# Benchmark\n",
        "Made by `make bench`: the engine and a plain writing of the official algorithm "
        "(float32, eager, whole batches, every prediction kept; tests/benchmarks/reference.py) "
        "in turns, section by section. Each ratio is the median over rounds, the extremes in "
        "brackets.\n",
        f"Machine: {processor()}, {os.cpu_count()} cores, PyTorch {torch.__version__}, "
        f"Python {platform.python_version()}.\n",
    ]
    if {"update", "sample-step", "shards"} <= set(table["section"]):
        parts += [*summary(table), ""]
    for section in SECTIONS:
        rows = table[table["section"] == section]
        if rows.empty:
            continue
        parts += [f"## {SECTIONS[section][0]}\n", *lines(section, rows), ""]
    return "\n".join(parts)


def summary(table: pd.DataFrame) -> list[str]:
    """What the tables say of the engine in bfloat16, in a few lines."""
    median = table.groupby(["section", *KEYS, "subject"], dropna=False)["seconds"].median()
    update, sampling = median["update"].droplevel("dim"), median["sample-step"].droplevel("batch")
    shards = median["shards"].droplevel(KEYS)
    found = []
    for cores, batch in update.index.droplevel("subject").unique():
        ratio = update[cores, batch, "official"] / update[cores, batch, FASTEST]
        found.append(
            f"- An update of {batch:g} samples on {cores:g} thread(s): {ratio:.1f} times as fast "
            "as the official code."
        )
    for cores in (1, 2):
        seconds = sampling[cores, 2]
        official = seconds[seconds.index.str.startswith(OFFICIAL)]
        # On two cores the engine runs as the workflow runs it: two shards, a thread each.
        ours = seconds[FASTEST] if cores == 1 else shards["two shards, one thread each"]
        found.append(
            f"- Sampling with Hal in 2D on {cores} core(s): {official.min() / ours:.1f} times as "
            f"fast as the official code at its best batch size, "
            f"{official[f'{OFFICIAL} 100000'] / ours:.1f} times at batches of 100,000. The matrix "
            f"products alone take {seconds['products alone, bfloat16'] / ours:.0%} of the "
            "engine's time."
        )
    return found


def lines(section: str, rows: pd.DataFrame) -> list[str]:
    """The table of one section."""
    _, yardstick, unit, factor, symbol = SECTIONS[section]
    if section == "memory":
        cells = [f"| {row.subject} | {row.mebibytes:.1f} |" for row in rows.itertuples()]
        return ["| | MiB |", "|---|---|", *cells]
    keys = [key for key in KEYS if rows[key].notna().any()]
    head = [*keys, "subject", f"{symbol} a {unit}", f"time, in those of: {yardstick}"]
    found = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for labels, part in rows.groupby(keys) if keys else [((), rows)]:
        table = ratios(part, yardstick)
        for subject in part["subject"].unique():
            row = table.loc[subject]
            ratio = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
            cells = [*(f"{label:g}" for label in labels), subject]
            cells += [f"{row['seconds'] * factor:.3g}", ratio]
            found.append(f"| {' | '.join(cells)} |")
    return found


def processor() -> str:
    found = torch.cpu.get_capabilities()
    features = [name for name in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16") if found.get(name)]
    return f"{found.get('cpu_name', platform.machine())} ({', '.join(features)})"
