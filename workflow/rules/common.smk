"""The config, the wildcards, and what jobs are told."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from snakemake.exceptions import WorkflowError

# The checkout; not `workflow.basedir`, which is the folder of whoever takes this as a module.
HOME = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
if not (HOME / "src/mirage").is_dir():
    sys.exit(f"mirage: no library in {HOME}: take the workflow from a checkout, not from a URL")
sys.path[:0] = [str(HOME / "src"), str(HOME / "workflow")]  # jobs get them with the rest

from mirage import __file__ as LIBRARY

if Path(LIBRARY).resolve().parents[1] != (HOME / "src").resolve():
    sys.exit(f"mirage: imported before as {LIBRARY}; allowed: from {HOME / 'src'}")

from mirage.figures.own import OF_SHOWN, arguments
from mirage.filters import filters
from mirage.registry import places
from mirage_workflow.code_hash import as_text, code_of, named
from mirage_workflow.config import from_elsewhere
from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.settings import read_experiments, read_settings, sections_of
from mirage_workflow.places import REFITTED, filter_of, generation_of, lineage

try:
    SETTINGS = read_settings(config)
    EXPERIMENTS = read_experiments(
        SETTINGS, Path("config/experiments"), HOME / "config/experiments"
    )
except ConfigError as error:
    sys.exit(str(error))  # one line, where a WorkflowError would add where it was raised

RESULTS = "results/{preset}/{experiment}"
RUN = f"{RESULTS}/seed{{seed}}"
LOGS = "results/{preset}/logs/{experiment}"
FIGURES = "results/{preset}/figures/{experiment}"
SHOWN = f"{RESULTS}/seed{SETTINGS.seeds[0]}"  # the replicate whose samples figures show


# Generation 0 is trained once and shared by all filters: its folder is `gen0`; every
# later one belongs to a filter, `hal/gen2`, or to the control that has no network.
FILTERS = "|".join(filters())


wildcard_constraints:
    preset=SETTINGS.preset,
    experiment="|".join(EXPERIMENTS),
    seed=r"\d+",
    filter=rf"{FILTERS}|{REFITTED}",
    lineage=rf"gen0|(?:{FILTERS}|{REFITTED})/gen[1-9]\d*",
    generation=r"\d+",
    shard=r"\d{5}",


# Told by the environment, as they change no number: another one runs nothing anew.
os.environ |= {"MIRAGE_DEVICE": SETTINGS.device, "MIRAGE_ENGINE": SETTINGS.engine}


def start():
    """What is done before the first job.

    Each job that ends would make Snakemake 9 choose jobs anew every second from then on, for the
    sake of a limit that a hundred starts a second on one machine do not need.
    """
    require_device()
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def require_device():
    """Refuse `device: cuda` on a machine without; a cluster's jobs check for themselves."""
    if SETTINGS.device == "cuda" and workflow.local_exec:
        try:
            subprocess.run(["nvidia-smi", "-L"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise WorkflowError(
                "config: device: found 'cuda', and this machine has no CUDA device; "
                "allowed here: auto, cpu"
            ) from None


def params_of(script: str, *sections: str, recipe=None, **told) -> dict:
    """What a job is told, and the hash of its code: what else than its inputs it is made by.

    Both are strings, the one way in which Snakemake sees every change.

    Args:
        script: the name of a file in workflow/scripts.
        sections: of the wildcards' experiment.
        recipe: another experiment, as a function of the wildcards.
        told: other values, or functions of the wildcards.
    """
    path = HOME / f"workflow/scripts/{script}.py"
    extensions = {Path(file).resolve(): file for file in SETTINGS.extensions}

    def science_of(wildcards) -> tuple[dict, tuple[Path, ...]]:
        values = {
            name: value(wildcards) if callable(value) else value for name, value in told.items()
        }
        if sections:
            values["config"] = sections_of((recipe or experiment_of)(wildcards), *sections)
        files = named([values, wildcards.get("filter"), wildcards.get("figure")], places())
        if own := [extensions[file] for file in files if file in extensions]:
            values["extensions"] = own
        return values, files

    return {
        "science": lambda wildcards: as_text(science_of(wildcards)[0]),
        "code": lambda wildcards: code_of(path, *science_of(wildcards)[1]),
    }


def experiment_of(wildcards) -> Experiment:
    return EXPERIMENTS[wildcards.experiment]


def lineages(experiment: str, seed: int = SETTINGS.seeds[0]) -> list[str]:
    """Every generation of an experiment's seed: the shared one, then line by line."""
    recursion = EXPERIMENTS[experiment].recursion
    later = range(1, recursion.generations + 1)
    shown = recursion.shown if seed == SETTINGS.seeds[0] else []
    return ["gen0", *(lineage(name, k) for name in [*recursion.lines, *shown] for k in later)]


def bulky(file):
    """An output that grows with the samples, which a run may not keep."""
    return file if SETTINGS.keep_samples else temp(file)


def kept_of(wildcards) -> int:
    """How many samples a filter keeps."""
    return experiment_of(wildcards).recursion.keep


def threshold_of(wildcards) -> float | None:
    """The largest score that a filter keeps, where it has a threshold."""
    return experiment_of(wildcards).recursion.thresholds.get(wildcards.filter)


def threads_of(wildcards) -> int:
    return experiment_of(wildcards).compute.threads


def shard_size(wildcards) -> int:
    return experiment_of(wildcards).compute.shard_size


def checkpoint_every(wildcards) -> int:
    return experiment_of(wildcards).compute.checkpoint_every


def main_detector(wildcards) -> str | None:
    """The first detector of an experiment, whose scores the figures show, if there is one."""
    return next(iter(experiment_of(wildcards).detection.detectors), None)


def main_threshold(wildcards) -> float | None:
    """The largest score that the filter of that detector keeps, where it has a threshold."""
    return experiment_of(wildcards).recursion.thresholds.get(main_detector(wildcards))


def of_origin(*origins: str) -> str:
    """The experiments whose generation 0 is trained here, from a pipeline, or made elsewhere."""
    names = [name for name, options in EXPERIMENTS.items() if options.origin in origins]
    return "|".join(names) or "(?!)"
