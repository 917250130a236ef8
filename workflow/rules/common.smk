"""Where files come from: the config, the wildcards, and which file follows which."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The library and the pipeline's own package.
PACKAGES = [f"{workflow.basedir}/src", f"{workflow.basedir}/workflow"]
sys.path[:0] = PACKAGES

from mirage.datasets.folder import picture_files
from mirage.filters import filters
from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.datasets import Images, MixtureOptions, ShapesOptions
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.settings import read_experiments, read_settings, to_json

try:
    SETTINGS = read_settings(config)
    EXPERIMENTS = read_experiments(SETTINGS, Path(workflow.basedir, "config/experiments"))
except ConfigError as error:
    sys.exit(str(error))  # one line, where a WorkflowError would add where it was raised

# Relative, so that results stay valid when the checkout moves.
WORKFLOW = Path(os.path.relpath(f"{workflow.basedir}/workflow"))
SOURCES = (Path(os.path.relpath(f"{workflow.basedir}/src/mirage")), WORKFLOW / "mirage_workflow")

RESULTS = "results/{preset}/{experiment}"
RUN = f"{RESULTS}/seed{{seed}}"
LOGS = "results/{preset}/logs/{experiment}"
FIGURES = "results/{preset}/figures/{experiment}"
NETWORK = ("build", "tensors", "networks/mlp", "networks/unet", "engine")
SHOWN = f"{RESULTS}/seed{SETTINGS.seeds[0]}"  # the replicate whose samples figures show


# Generation 0 is trained once and shared by all filters: its folder is `gen0`; every
# later one belongs to a filter: `hal/gen2`.
wildcard_constraints:
    preset=SETTINGS.preset,
    experiment="|".join(EXPERIMENTS),
    seed=r"\d+",
    filter="|".join(filters()),
    lineage=rf"gen0|(?:{'|'.join(filters())})/gen[1-9]\d*",
    generation=r"\d+",
    shard=r"\d{5}",


# Reaches jobs in conda envs too, where Snakemake clears PYTHONPATH.
shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={shlex.quote(os.pathsep.join(PACKAGES))}"
    f" MIRAGE_DEVICE={SETTINGS.device} MIRAGE_ENGINE={SETTINGS.engine}"
    f" MIRAGE_EXTENSIONS={shlex.quote(os.pathsep.join(SETTINGS.extensions))}; "
)


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


def script_file(name) -> str:
    """A rule's script: an input, as an edit of it should rerun the rule."""
    return str(WORKFLOW / f"scripts/{name}.py")


def modules(*names) -> list[str]:
    """The parts of the library and of the pipeline's package whose edits should rerun a rule.

    A user's own files are among them where they may be what a rule runs.
    """
    files = [*SETTINGS.extensions] if {"detectors", "filters"} & set(names) else []
    for name in names:
        package = next(package for package in SOURCES if any(package.glob(f"{name}*")))
        found = sorted((package / name).rglob("*")) or [package / f"{name}.py"]
        files += [str(file) for file in found if file.suffix in (".py", ".cpp", ".h")]
    return files


def sections(*names):
    """Sections of the wildcards' experiment, as a job is given them."""
    return lambda wildcards: to_json(EXPERIMENTS[wildcards.experiment], *names)


def experiment_of(wildcards) -> Experiment:
    return EXPERIMENTS[wildcards.experiment]


def is_mixture(experiment: str) -> bool:
    return isinstance(EXPERIMENTS[experiment].dataset, MixtureOptions)


def is_shapes(experiment: str) -> bool:
    return isinstance(EXPERIMENTS[experiment].dataset, ShapesOptions)


def generation_of(wildcards) -> int:
    """The number of a lineage's generation."""
    return int(Path(wildcards.lineage).name.removeprefix("gen"))


def filter_of(wildcards) -> str:
    """The filter that led to a generation; `shared` for generation 0."""
    return Path(wildcards.lineage).parent.name or "shared"


def lineage(filter: str, generation: int) -> str:
    """The folder of a filter's generation, within a run."""
    return f"{filter}/gen{generation}" if generation else "gen0"


def lineages(experiment: str) -> list[str]:
    """Every generation of an experiment: the shared one, then filter by filter."""
    recursion = EXPERIMENTS[experiment].recursion
    later = range(1, recursion.generations + 1)
    return ["gen0", *(lineage(name, k) for name in recursion.filters for k in later)]


def training_data(wildcards) -> str:
    """The recursion: generation k + 1 trains on what its filter kept of generation k."""
    generation = generation_of(wildcards)
    if generation == 0:
        return f"{RUN}/data.parquet"
    return f"{RUN}/{filter_of(wildcards)}/gen{generation - 1}/kept.parquet"


def shards(experiment: str, folder: str) -> list[str]:
    """The shards of a generation's samples, or scores, in order."""
    return [f"{folder}/shard{shard:05}.parquet" for shard in range(EXPERIMENTS[experiment].shards)]


def bulky(file):
    """An output that grows with the samples, which a run may not keep."""
    return file if SETTINGS.keep_samples else temp(file)


def in_shards(folder: str):
    """The same for a rule's input, where the wildcards name the experiment."""
    return lambda wildcards: shards(wildcards.experiment, folder)


def filtered_from(wildcards) -> str:
    """The folder of the generation that a filter chooses from."""
    return f"{RUN}/{lineage(wildcards.filter, int(wildcards.generation))}"


def threshold(wildcards) -> str:
    """The option for a filter's threshold, where it has one."""
    thresholds = experiment_of(wildcards).recursion.thresholds
    return options(threshold=thresholds[wildcards.filter]) if wildcards.filter in thresholds else ""


def own_pictures(wildcards) -> list[Path]:
    """The files of a folder of the user's own pictures, where the dataset is one."""
    options = experiment_of(wildcards).dataset
    return picture_files(options.folder) if isinstance(options, Images) else []


def feature_network(wildcards) -> str:
    """The network in whose features pictures are compared: the user's, or our own."""
    theirs = experiment_of(wildcards).classifier.torchscript
    return theirs or f"{RUN}/classifier.safetensors"


def counter(wildcards) -> dict[str, str]:
    """The thresholds of the counter of shapes, where the pictures are such."""
    return {"counter": f"{RESULTS}/counter.parquet"} if is_shapes(wildcards.experiment) else {}


def judges(wildcards) -> dict[str, str]:
    """What scores rest on: for shapes their counter; for other pictures a network, and what
    it sees in the real ones."""
    if is_mixture(wildcards.experiment):
        return {}
    if is_shapes(wildcards.experiment):
        return counter(wildcards)
    return {"network": feature_network(wildcards), "reference": f"{RUN}/reference.parquet"}


def labelled_run(wildcards) -> bool:
    """Whether people may have labelled samples of the wildcards' seed: those of the first."""
    return bool(experiment_of(wildcards).labels) and int(wildcards.seed) == SETTINGS.seeds[0]


def labels_by_eye(wildcards) -> dict[str, str]:
    """The labels that people gave the samples which figures show, where they did."""
    labelled = experiment_of(wildcards).labels
    return {"labels": f"{SHOWN}/gen0/labels.parquet"} if labelled else {}


def oracle_labels(wildcards) -> dict[str, str]:
    """The same for the filter that needs labels, of the generation that has them."""
    wanted = wildcards.filter == "oracle" and int(wildcards.generation) == 0
    return labels_by_eye(wildcards) if wanted and labelled_run(wildcards) else {}


def yardsticks(wildcards) -> dict[str, str]:
    """What measures are compared with: the counter's audit, or the real pictures' features."""
    if is_mixture(wildcards.experiment):
        return {}
    if is_shapes(wildcards.experiment):
        return {**counter(wildcards), "audit": f"{RESULTS}/audit.parquet"}
    eye = wildcards.lineage == "gen0" and labelled_run(wildcards)
    return {
        "reference": f"{RUN}/reference.parquet",
        **(labels_by_eye(wildcards) if eye else {}),
    }


def options(**values) -> str:
    """Command-line options for those values that there are."""
    return " ".join(f"--{name} {shlex.quote(str(value))}" for name, value in values.items())


def measured(wildcards) -> list[str]:
    """The metrics of every seed and generation of an experiment."""
    return [
        f"{RESULTS}/seed{seed}/{place}/metrics.parquet"
        for seed in SETTINGS.seeds[: experiment_of(wildcards).replicates]
        for place in lineages(wildcards.experiment)
    ]


def modes(wildcards) -> dict[str, str]:
    """The true modes, where there are some."""
    return {"modes": f"{RESULTS}/modes.parquet"} if is_mixture(wildcards.experiment) else {}


def roc(wildcards) -> dict[str, str]:
    """The ROC of the first generation, where hallucinations are labelled."""
    labelled = experiment_of(wildcards).dataset.has_labels
    return {"roc": f"{SHOWN}/gen0/roc.parquet"} if labelled else {}


def main_detector(wildcards) -> str:
    """The first detector of an experiment, whose scores the figures show."""
    return experiment_of(wildcards).detection.detectors[0]


def all_drawn(wildcards) -> list[str]:
    """The samples of every generation and filter of the replicate that figures show."""
    experiment = wildcards.experiment
    return [
        shard
        for place in lineages(experiment)
        for shard in shards(experiment, f"{SHOWN}/{place}/samples")
    ]


def points_by_generation(wildcards) -> str:
    """`--points FILTER GENERATION SHARD...` for each of `all_drawn`'s generations."""
    return " ".join(
        f"--points {generation_shards(wildcards, SHOWN, place, 'samples')}"
        for place in lineages(wildcards.experiment)
    )


def generation_shards(wildcards, run: str, place: str, kind: str) -> str:
    """`FILTER GENERATION SHARD...` of a generation's samples or scores."""
    files = shards(wildcards.experiment, f"{run}/{place}/{kind}")
    files = [shard.format(**wildcards) for shard in files]
    filter, generation = Path(place).parent.name or "shared", Path(place).name.removeprefix("gen")
    return f"{filter} {generation} {shlex.join(files)}"


def table_files() -> list[str]:
    """The tables of a whole run, with the resolved config beside them."""
    return [
        f"results/{SETTINGS.preset}/{experiment}/{name}"
        for experiment in EXPERIMENTS
        for name in ("config.yaml", "metrics.parquet", *study_tables(experiment))
    ]


def figure_names(experiment: str) -> list[str]:
    """The figures that an experiment can show."""
    options = EXPERIMENTS[experiment]
    names = ["trajectories", "hal_histogram"]
    names += ["roc"] if options.has_labels else []
    names += ["transfer"] if options.labels else []
    if is_mixture(experiment):
        names += ["density"] if options.dataset.shape == (1,) else ["samples"]
        later = ["rate_by_generation", "density_by_generation"]
    elif is_shapes(experiment):
        names += ["shapes", "shapes_sheet", "confusion", "embedding"]
        later = ["rate_by_generation", "types_by_generation"]
    else:
        names += ["gallery", "embedding"]
        later = ["quality_by_generation"]
    names += later if options.recursion.generations else []
    return names + study_figures(experiment)


def figure_files() -> list[str]:
    """Every figure of a whole run, as PDF and PNG."""
    return [
        f"results/{SETTINGS.preset}/figures/{experiment}_{name}.{kind}"
        for experiment in EXPERIMENTS
        for name in figure_names(experiment)
        for kind in ("pdf", "png")
    ]


def page_files() -> list[str]:
    """The pages of a whole run: one to explore each experiment, and one to label pictures on."""
    explorers = [f"results/{SETTINGS.preset}/figures/{name}_explorer.html" for name in EXPERIMENTS]
    return explorers + [
        f"results/{SETTINGS.preset}/{name}/label.html"
        for name, options in EXPERIMENTS.items()
        if len(options.dataset.shape) == 3 and not options.dataset.has_labels
    ]
