"""The page that a benchmark is read from: docs/benchmark.md."""

import os
import platform
from pathlib import Path

import pandas as pd
import torch

from benchmarks import levels
from benchmarks.measure import ratios
from mirage.engine import native

STEP = "sample and step"
LEVELS = {
    "sampling": ("Sampling with Hal in 2D on one core", STEP, 1e6, "us"),
    "training": ("A training update of 2,000 on one core", "update", 1e3, "ms"),
}
"""Title and unit of the sections that go through the vector units."""
SECTIONS = {
    "gpu": ("Sampling with Hal in 2D on a GPU", "engine, bfloat16", STEP, 1e9, "ns"),
    "gpu_training": (
        "A training update of 2,000 on a GPU",
        "engine, bfloat16",
        "update",
        1e3,
        "ms",
    ),
    "growth": ("Cost by samples and steps", "1000 samples, 100 steps", STEP, 1e6, "us"),
    "shards": ("Shards on two cores", "one shard, one thread", STEP, 1e6, "us"),
    "picture": ("U-Net, 28 pixels, on one core", "float32", "picture and step", 1e3, "ms"),
    "job": ("Jobs that compute next to nothing", "import torch", "job", 1, "s"),
    "plan": ("Dry runs of all figures", "import snakemake", "plan", 1, "s"),
}
"""Title, yardstick and unit of the others."""


def machine() -> dict[str, str]:
    """The kind of this processor, and what else measurements depend on."""
    able = native.levels()
    name = torch.cpu.get_capabilities().get("cpu_name", platform.machine())
    family = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("cpu family")
    ]
    family = f", family {family[0]}" if family else ""
    gpu = f"{torch.cuda.get_device_name()}, " if torch.cuda.is_available() else ""
    return {
        "processor": f"{name}{family}, {able[0].name if able else 'no vector unit known'}",
        "setting": f"{os.cpu_count()} cores, {gpu}PyTorch {torch.__version__}, "
        f"Python {platform.python_version()}",
    }


def replaced(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The table with a section of one processor measured anew; all others stay."""
    if table.empty:
        return rows
    this = table[["processor", "section"]].eq(rows[["processor", "section"]].iloc[0]).all(axis=1)
    return pd.concat([table[~this], rows], ignore_index=True)


def told(section: str, rows: pd.DataFrame) -> list[str]:
    """A line for each level, or for each subject, as a terminal shows it."""
    if section not in LEVELS:
        seconds = rows.groupby("subject", sort=False).median(numeric_only=True)
        return [f"{section}: {name} {value.iloc[-1]:.4g}" for name, value in seconds.iterrows()]
    _, _, factor, symbol = LEVELS[section]
    return [
        f"{level}: engine {row.engine * factor:.2f} {symbol}, "
        f"official {row.official * factor:.2f} {symbol}, ratio {row.ratio:.2f}"
        for level, row in levels.compared(rows).iterrows()
    ]


def written(table: pd.DataFrame) -> str:
    """The Markdown page."""
    parts = [
        "# Benchmark\n",
        "Made by `make bench`: the engine and a plain writing of the official algorithm "
        "(float32, eager, whole batches, every prediction kept; tests/benchmarks/reference.py) "
        "in turns, section by section. `make bench SECTIONS=sampling` measures a part. A run on "
        "another kind of processor adds to this page, one on the same replaces what it measures.\n",
        "The official algorithm is taken at its best of three batch sizes. A vector unit that is "
        "not the processor's best is compiled for, and PyTorch is told to use no better one "
        f"({', '.join(f'`{name}`' for name in levels.VARIABLES)}; the matrix products of MKL heed "
        "that on Intel's processors only, so that they may use more than the unit's name says). "
        "Where a unit multiplies bfloat16 the engine and PyTorch in blocks do, the official "
        "algorithm never. Ratios are medians over rounds, the extremes in brackets.\n",
    ]
    for processor, rows in table.groupby("processor"):
        parts += [f"## {processor}\n", f"{rows['setting'].iloc[-1]}.\n"]
        for section, (title, *unit) in LEVELS.items():
            part = rows[rows["section"] == section]
            parts += [f"### {title}\n", *by_level(part, *unit), ""] if len(part) else []
        for section, (title, *unit) in SECTIONS.items():
            part = rows[rows["section"] == section]
            parts += [f"### {title}\n", *by_subject(part, *unit), ""] if len(part) else []
        part = rows[rows["section"] == "memory"]
        if len(part):
            parts += ["### Peak memory that sampling adds to a process\n", "| | MiB |", "|---|---|"]
            parts += [f"| {row.subject} | {row.mebibytes:.1f} |" for row in part.itertuples()]
            parts.append("")
    return "\n".join(parts)


def by_level(rows: pd.DataFrame, unit: str, factor: float, symbol: str) -> list[str]:
    """The table of a section that goes through the vector units."""
    found = levels.compared(rows)
    head = ["vector unit", f"engine, {symbol} a {unit}", "PyTorch in blocks", "official"]
    head += ["times as fast as the official", "products' share of the engine's time"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for level, row in found.iterrows():
        share = f"{row['share']:.0%}" if "share" in found else ""
        lines.append(
            f"| {level} | {row['engine'] * factor:.3g} | {row['pytorch'] * factor:.3g} "
            f"| {row['official'] * factor:.3g} "
            f"| {row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f}) | {share} |"
        )
    return lines


def by_subject(
    rows: pd.DataFrame, yardstick: str, unit: str, factor: float, symbol: str
) -> list[str]:
    """The table of a section, each subject against a yardstick."""
    lines = [f"| subject | {symbol} a {unit} | time, in those of: {yardstick} |", "|---|---|---|"]
    table = ratios(rows, yardstick)
    for subject in rows["subject"].unique():
        row = table.loc[subject]
        ratio = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        lines.append(f"| {subject} | {row['seconds'] * factor:.3g} | {ratio} |")
    return lines
