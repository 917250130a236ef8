"""Where files come from: the config, the wildcards, and which file follows which."""

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


def training_data(wildcards) -> str:
    """The recursion: generation k + 1 trains on what its filter kept of generation k."""
    generation = generation_of(wildcards.lineage)
    if generation == 0:
        return f"{RUN}/data.parquet"
    return f"{RUN}/{filter_of(wildcards.lineage)}/gen{generation - 1}/kept.parquet"


def shards(experiment: str, folder: str) -> list[str]:
    """The shards of a generation's samples, or scores, in order."""
    return [f"{folder}/shard{shard:05}.parquet" for shard in range(EXPERIMENTS[experiment].shards)]


def bulky(file):
    """An output that grows with the samples, which a run may not keep."""
    return file if SETTINGS.keep_samples else temp(file)


def in_shards(folder: str):
    """The same for a rule's input, where the wildcards name the experiment."""
    return lambda wildcards: shards(wildcards.experiment, folder)


def filtered_from(kind: str):
    """The shards of the generation that a filter chooses from."""

    def files(wildcards) -> list[str]:
        place = lineage(wildcards.filter, int(wildcards.generation))
        return shards(wildcards.experiment, f"{RUN}/{place}/{kind}")

    return files


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


def learned_schedule(wildcards) -> str | list:
    """What a learned noise schedule came to, where the experiment has one."""
    return of_learned(experiment_of(wildcards))


def of_learned(recipe: Experiment) -> str | list:
    """The table of a recipe's learned schedule; none of another kind."""
    return f"{RUN}/schedule.parquet" if recipe.diffusion.name == "learned" else []


def own_pictures(wildcards) -> list[str]:
    """The user's own files that a dataset is read from."""
    return [local(str(path)) for path in experiment_of(wildcards).dataset.files]


def needed(wildcards, *names) -> dict[str, str]:
    """Which of some tables a dataset needs; see `mirage.datasets.base.NEEDS`."""
    tables = {
        "modes": f"{RESULTS}/modes.parquet",
        "counter": f"{RESULTS}/counter.parquet",
        "audit": f"{RESULTS}/audit.parquet",
        "reference": f"{RUN}/reference.parquet",
    }
    needs = experiment_of(wildcards).dataset.needs
    return {name: tables[name] for name in names if name in needs}


def feature_network(wildcards) -> str:
    """The network in whose features pictures are compared: the user's, or our own."""
    theirs = experiment_of(wildcards).classifier.torchscript
    return local(theirs) if theirs else f"{RUN}/classifier.safetensors"


def of_origin(*origins: str) -> str:
    """The experiments whose generation 0 is trained here, from a pipeline, or made elsewhere."""
    names = [name for name, options in EXPERIMENTS.items() if options.origin in origins]
    return "|".join(names) or "(?!)"


def own_files(wildcards) -> list[str]:
    """The user's own files that generation 0 is drawn from or taken from, one by one."""
    return [local(path) for path in from_elsewhere.files(experiment_of(wildcards))]


def weights_before(wildcards) -> str | list:
    """What training goes on from: the generation before, where it does and has weights of ours."""
    generation = generation_of(wildcards.lineage) - 1
    if not experiment_of(wildcards).finetune or generation < 1:
        return []
    return f"{RUN}/{lineage(filter_of(wildcards.lineage), generation)}/model.safetensors"


def weights_of_ours(wildcards) -> str | list:
    """The weights that a pipeline draws with in place of its own, from generation 1 on."""
    later = generation_of(wildcards.lineage) > 0
    return f"{RUN}/{{lineage}}/model.safetensors" if later else []


def kept_files() -> list[str]:
    """What filters keep where no later generation asks for it: of samples made elsewhere."""
    return [
        f"results/{SETTINGS.preset}/{experiment}/seed{SETTINGS.seeds[0]}/{name}/gen0/kept.parquet"
        for experiment, options in EXPERIMENTS.items()
        if options.origin == "samples" and options.recursion.keep
        for name in options.recursion.filters
    ]


def counter(wildcards) -> dict[str, str]:
    """The thresholds of the counter of shapes, where the pictures are such."""
    return needed(wildcards, "counter")


def judges(wildcards) -> dict[str, str]:
    """What scores rest on: for shapes their counter; for other pictures a network, and what
    it sees in the real ones."""
    files = needed(wildcards, "counter", "reference")
    network = {"network": feature_network(wildcards)} if "reference" in files else {}
    return files | network


def labelled_run(wildcards) -> bool:
    """Whether people may have labelled samples of the wildcards' seed: those of the first."""
    return bool(experiment_of(wildcards).labels) and int(wildcards.seed) == SETTINGS.seeds[0]


def labels_by_eye(wildcards) -> str | list:
    """The labels that people gave the samples which figures show, where they did."""
    return f"{SHOWN}/gen0/labels.parquet" if experiment_of(wildcards).labels else []


def oracle_labels(wildcards) -> str | list:
    """The same for the filter that needs labels, of the generation that has them."""
    wanted = wildcards.filter == "oracle" and int(wildcards.generation) == 0
    return labels_by_eye(wildcards) if wanted and labelled_run(wildcards) else []


def measured_labels(wildcards) -> str | list:
    """The same for the generation that is measured."""
    seen = wildcards.lineage == "gen0" and labelled_run(wildcards)
    return labels_by_eye(wildcards) if seen else []


def yardsticks(wildcards) -> dict[str, str]:
    """What measures are compared with: the counter's audit, or the real pictures' features."""
    return needed(wildcards, "counter", "audit", "reference")


def measured_points(wildcards) -> dict[str, list[str]]:
    """A generation's samples, where metrics of a user's own look at them."""
    own = experiment_of(wildcards).metrics
    return {"samples": shards(wildcards.experiment, f"{RUN}/{{lineage}}/samples")} if own else {}


def measured(wildcards) -> list[str]:
    """The metrics of every seed and generation of an experiment."""
    return [
        f"{RESULTS}/seed{seed}/{place}/metrics.parquet"
        for seed in SETTINGS.seeds[: experiment_of(wildcards).replicates]
        for place in lineages(wildcards.experiment, seed)
    ]


def modes(wildcards) -> str | list:
    """The true modes, where there are some."""
    return needed(wildcards, "modes").get("modes", [])


def roc(wildcards) -> str | list:
    """The ROC of the first generation, where hallucinations are labelled."""
    return f"{SHOWN}/gen0/roc.parquet" if experiment_of(wildcards).has_labels else []


def main_detector(wildcards) -> str | None:
    """The first detector of an experiment, whose scores the figures show, if there is one."""
    return next(iter(experiment_of(wildcards).detection.detectors), None)


def shown_paths(wildcards) -> str | list:
    """The paths to samples that figures show, where they can be shown."""
    return f"{SHOWN}/gen0/trajectories.parquet" if experiment_of(wildcards).has_paths else []


def main_threshold(wildcards) -> float | None:
    """The largest score that the filter of that detector keeps, where it has a threshold."""
    return experiment_of(wildcards).recursion.thresholds.get(main_detector(wildcards))


def all_drawn(wildcards) -> list[str]:
    """The samples of every generation and filter of the replicate that figures show."""
    experiment = wildcards.experiment
    return [
        shard
        for place in lineages(experiment)
        for shard in shards(experiment, f"{SHOWN}/{place}/samples")
    ]


def shown_lineages(wildcards) -> list[str]:
    """The generations of `all_drawn`, in its order."""
    return lineages(wildcards.experiment)


def table_files() -> list[str]:
    """The tables of a whole run, with the resolved config beside them."""
    tables = [
        f"results/{SETTINGS.preset}/{experiment}/{name}"
        for experiment in EXPERIMENTS
        for name in ("config.yaml", "metrics.parquet", *study_tables(experiment))
    ]
    return tables + kept_files()


def figure_names(experiment: str) -> list[str]:
    """The figures that an experiment can show."""
    options = EXPERIMENTS[experiment]
    later = options.dataset.later_figures if options.recursion.generations else ()
    by_eye = ("roc", "transfer") if options.labels else ()
    own = (*by_eye, *study_figures(experiment), *options.figures)
    lacking = () if options.has_scores else ("hal_histogram", "roc", "transfer")
    lacking += () if options.has_paths else ("trajectories",)
    lacking += () if options.has_bottleneck else ("embedding",)
    return [name for name in (*options.dataset.figures, *later, *own) if name not in lacking]


def figure_files() -> list[str]:
    """Every figure of a whole run, as PDF and PNG."""
    return [
        f"results/{SETTINGS.preset}/figures/{experiment}_{name}.{kind}"
        for experiment in EXPERIMENTS
        for name in figure_names(experiment)
        for kind in ("pdf", "png")
    ]


def own_figures() -> list[str]:
    """The figures of a user's own that experiments of this run name."""
    return sorted({name for options in EXPERIMENTS.values() for name in options.figures})


def figure_tables(wildcards) -> dict[str, list[str]]:
    """The tables that a figure asks for, by its arguments."""
    here, files = f"{SHOWN}/gen0", {}
    for name in arguments(wildcards.figure):
        if name in ("samples", "scores"):
            files[name] = shards(wildcards.experiment, f"{here}/{name}")
        elif name in OF_SHOWN:
            files[name] = [f"{here}/{name}.parquet"]
        else:
            files[name] = [f"{RESULTS}/{name}.parquet"]
    return files


def given_labels(wildcards) -> list[str]:
    """The files of people's labels."""
    return [local(path) for path in experiment_of(wildcards).labels]


def page_files() -> list[str]:
    """The pages of a whole run: one to explore each experiment, and one to label pictures on."""
    explorers = [
        f"results/{SETTINGS.preset}/figures/{name}_explorer.html"
        for name, options in EXPERIMENTS.items()
        if options.has_scores
    ]
    return explorers + [
        f"results/{SETTINGS.preset}/{name}/label.html"
        for name, options in EXPERIMENTS.items()
        if options.dataset.is_pictures and not options.dataset.has_labels
    ]
