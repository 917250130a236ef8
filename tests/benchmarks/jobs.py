"""Jobs of the workflow, whole, and shards side by side."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import alone
import pandas as pd
import torch
import yaml

from mirage import frames
from mirage_workflow import tables
from mirage_workflow.config.settings import read_experiments, read_settings, sections_of
from mirage_workflow.networks import network_of, save_weights
from mirage_workflow.schemas.samples import data_schema

ROOT = Path(__file__).parents[2]
EXPERIMENT = "gaussian2d_grid"


def bare(module: str) -> float:
    _run([sys.executable, "-c", f"import {module}"])
    return 1


def sampling_job(folder: Path, cold: bool = False) -> Callable[[], float]:
    """A shard of a single sample; `cold`: with nothing compiled before."""
    experiment = _experiment()
    weights = folder / "model.safetensors"
    torch.manual_seed(0)
    save_weights(network_of(experiment).state_dict(), weights, {})
    config = sections_of(experiment, "dataset", "diffusion", "network", "sampling", "detection")
    config["sampling"] |= {"samples": 1, "block_size": 1}
    cache = folder / "cache"

    def work() -> float:
        if cold:
            shutil.rmtree(cache, ignore_errors=True)
        command = alone.command(
            "draw_samples",
            folder / "log",
            {"config": config, "shard_size": 1},
            input={"weights": weights},
            output={"samples": folder / "shard.parquet"},
            wildcards={"lineage": "gen0", "shard": "00000"},
        )
        _run(command, alone.environment(**({"XDG_CACHE_HOME": str(cache)} if cold else {})))
        return 1

    return work


def training_job(folder: Path) -> Callable[[], float]:
    """A single update."""
    experiment = _experiment()
    data = folder / "data.parquet"
    points = torch.randn(experiment.training.batch_size, 2).numpy()
    rows = {"sample": range(len(points)), **frames.from_array(points), "label": 0}
    tables.write(data, pd.DataFrame(rows), data_schema((2,)), {})
    config = sections_of(experiment, "dataset", "diffusion", "network", "training")
    config["training"] |= {"updates": 1}

    def work() -> float:
        command = alone.command(
            "train_model",
            folder / "log",
            {"config": config, "checkpoint_every": 1},
            input={"data": data},
            output={name: folder / name for name in ("weights", "loss")},
            wildcards={"lineage": "gen0"},
        )
        _run(command, alone.environment())
        return 1

    return work


def plan(folder: Path, preset: str, seeds: int, generations: int | None = None) -> Callable:
    """A dry run of a copy of the workflow, by all filters for so many generations."""
    checkout = folder / f"{preset}{generations}"
    for part in ("config", "envs", "profiles", "src", "workflow"):
        shutil.copytree(ROOT / part, checkout / part)
    shutil.copy(ROOT / "Snakefile", checkout)
    for path in (checkout / "config").glob("[es]*/*.yaml") if generations else ():
        recipe = yaml.safe_load(path.read_text())
        recursion = recipe.get("presets", {}).get(preset, {}).get("recursion", {})
        if recursion.get("generations"):
            labelled = path.stem not in ("mnist", "images")
            filters = ["none", "random", "hal", *(["oracle"] if labelled else [])]
            recursion |= {"generations": generations, "filters": filters}
        path.write_text(yaml.safe_dump(recipe))
    command = [sys.executable, "-m", "snakemake", "--directory", str(checkout), "--snakefile"]
    command += [str(checkout / "Snakefile"), "--dry-run", "--config", f"preset={preset}"]
    command += [f"seeds={list(range(seeds))}", "--", "all_figures"]

    def work() -> float:
        _run(command)
        return 1

    return work


def draw_shard(threads: int) -> float:
    """Sample-steps of a shard, in this process."""
    from benchmarks import work

    if not hasattr(draw_shard, "work"):
        draw_shard.work = work.draw(2, "bfloat16", samples=4000, count=300)
    torch.set_num_threads(threads)
    return draw_shard.work()


def _experiment():
    settings = read_settings({"preset": "quick", "experiments": [EXPERIMENT]})
    return read_experiments(settings, ROOT / "config/experiments")[EXPERIMENT]


def _run(command: list[str], environment: dict | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, env=environment or os.environ)
