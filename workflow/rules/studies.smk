"""Where the files of studies come from: causes, sweeps and claims."""

import json

from mirage_workflow.config.claims import read_claims
from mirage_workflow.config.sweeps import base, variants

try:
    CLAIMS = read_claims(
        Path(workflow.basedir, "config/claims.yaml"),
        [path.stem for path in Path(workflow.basedir, "config/experiments").glob("*.yaml")],
    )
except ConfigError as error:
    sys.exit(str(error))

VARIANTS = {name: variants(options) for name, options in EXPERIMENTS.items()}
MODELS = ("true", "empirical", "learned")
SMALL = ("dataset", "diffusion", "network", "training", "sampling", "detection", "scoring")
DRAWING = (
    "variants",
    "samplers",
    "diffusion",
    "trajectory",
    "detectors",
    "labels",
    "rng",
    "frames",
    "tables",
)


wildcard_constraints:
    model="|".join(MODELS),
    variant=r"base|[a-z_]+=[A-Za-z0-9._-]+",
    data_seed=r"\d+",


def is_planar(experiment: str) -> bool:
    """Whether an experiment's samples are points in the plane."""
    return EXPERIMENTS[experiment].dataset.shape == (2,)


def cause_inputs(wildcards) -> dict[str, str]:
    """What a model is made of: the truth needs nothing."""
    return {
        "true": {},
        "empirical": {"data": f"{RUN}/data.parquet"},
        "learned": {"weights": f"{RUN}/gen0/model.safetensors"},
    }[wildcards.model]


def of_seeds(experiment: str, path: str, **values) -> list[str]:
    """One file of each of an experiment's seeds, and of each of other values."""
    seeds = SETTINGS.seeds[: EXPERIMENTS[experiment].replicates]
    return expand(f"{RESULTS}/seed{{seed}}/{path}", seed=seeds, allow_missing=True, **values)


def every_seed(path: str):
    """The same as an input function."""
    return lambda wildcards: of_seeds(wildcards.experiment, path)


def sweep_files(experiment: str) -> list[str]:
    """The measures of every small model of an experiment's sweeps, of every seed."""
    return of_seeds(experiment, "sweeps/{variant}.parquet", variant=VARIANTS[experiment])


def cause_rates(wildcards) -> list[str]:
    """The rates of every model and seed of an experiment."""
    return of_seeds(wildcards.experiment, "causes/{model}.parquet", model=MODELS)


def small(wildcards) -> str:
    """The recipe of a small model."""
    return to_json(VARIANTS[wildcards.experiment][wildcards.variant][0].experiment, *SMALL)


def small_draws(wildcards) -> str:
    """What a small model is drawn for: [factor, level, sampling section] of each."""
    draws = VARIANTS[wildcards.experiment][wildcards.variant]
    rows = [
        [draw.factor, draw.value, draw.experiment.sampling.model_dump(mode="json")]
        for draw in draws
    ]
    return json.dumps(rows, separators=(",", ":"))


def sweep_base(wildcards) -> str:
    """The recipe of the base of the sweeps."""
    return to_json(base(experiment_of(wildcards)), *SMALL)


def noise_fractions(wildcards) -> list[float]:
    return experiment_of(wildcards).causes.noise_fractions


def replicate_files(wildcards) -> list[str]:
    """The rates of every data seed."""
    seeds = range(experiment_of(wildcards).sweeps.replicates)
    return expand(
        f"{RESULTS}/replicates/data{{data_seed}}.parquet", data_seed=seeds, allow_missing=True
    )


def scored(wildcards) -> list[str]:
    """The scores of every seed and generation of an experiment."""
    return [
        shard
        for seed, place in _places(wildcards)
        for shard in shards(wildcards.experiment, f"{RESULTS}/seed{seed}/{place}/scores")
    ]


def scored_options(wildcards) -> str:
    """`--generations SEED FILTER GENERATION SCORES...` for each generation of `scored`."""
    return " ".join(
        f"--generations {seed} "
        + generation_shards(wildcards, f"{RESULTS}/seed{seed}", place, "scores")
        for seed, place in _places(wildcards)
    )


def _places(wildcards) -> list[tuple[int, str]]:
    experiment = wildcards.experiment
    seeds = SETTINGS.seeds[: EXPERIMENTS[experiment].replicates]
    return [(seed, place) for seed in seeds for place in lineages(experiment)]


def study_figures(experiment: str) -> list[str]:
    """The figures of an experiment's studies."""
    options = EXPERIMENTS[experiment]
    names = ["bridges"] if is_mixture(experiment) and options.scoring.endpoint else []
    if options.causes:
        names += ["causes", "score", "transfer"]
        names += ["score_field"] if is_planar(experiment) else []
    if options.sweeps:
        names += ["sweeps", "windows"]
        names += ["slopes"] if options.sweeps.snapshots else []
    return names


def study_tables(experiment: str) -> list[str]:
    """The tables of an experiment's studies that no figure asks for."""
    sweeps = EXPERIMENTS[experiment].sweeps
    return ["variance.parquet"] if sweeps and sweeps.replicates else []


def deciding(kind: str, experiment: str) -> list[str]:
    """The parts of a kind of table that an experiment of this run has."""
    options = EXPERIMENTS[experiment]
    files = {"metrics": [f"{RESULTS}/metrics.parquet"]}
    if options.causes:
        files["causes"] = of_seeds(experiment, "causes/{model}.parquet", model=MODELS)
        files["slopes"] = of_seeds(experiment, "score/slopes.parquet")
        files["transfer"] = [f"{RESULTS}/transfer.parquet"]
    if options.sweeps:
        files["sweeps"] = sweep_files(experiment)
    found = files.get(kind, [])
    return expand(found, preset=SETTINGS.preset, experiment=experiment)


def claim_tables() -> list[tuple[str, str, str]]:
    """(experiment, kind, file) of all that the claims are decided by."""
    asked = {
        (experiment, claim.statistic.kind)
        for claim, experiment in CLAIMS.rows
        if experiment in EXPERIMENTS
    }
    return [
        (experiment, kind, file)
        for experiment, kind in sorted(asked)
        for file in deciding(kind, experiment)
    ]


def claim_options(wildcards) -> str:
    """`--table EXPERIMENT KIND FILE` for each of `claim_tables`."""
    return " ".join(f"--table {shlex.join(row)}" for row in claim_tables())


def claims_json(wildcards) -> str:
    """The claims as a job is given them."""
    return json.dumps(CLAIMS.model_dump(mode="json", exclude_unset=True), separators=(",", ":"))


def ledger_files() -> list[str]:
    """The ledger of a whole run, and its audit."""
    names = ("claims.parquet", "claims.html", "claims.md", "claims_audit.parquet")
    figures = [f"figures/claims_audit.{kind}" for kind in ("pdf", "png")]
    return [f"results/{SETTINGS.preset}/{name}" for name in (*names, *figures)]
