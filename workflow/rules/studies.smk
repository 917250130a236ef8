"""Where the files of studies come from: causes, sweeps and claims."""

from mirage_workflow.config.claims import read_claims
from mirage_workflow.config.sweeps import base, learned_of, variants

try:
    CLAIMS = read_claims(
        HOME / "config/claims.yaml",
        [path.stem for path in (HOME / "config/experiments").glob("*.yaml")],
    )
except ConfigError as error:
    sys.exit(str(error))

VARIANTS = {name: variants(options) for name, options in EXPERIMENTS.items()}
MODELS = ("true", "empirical", "learned")
SMALL = ("dataset", "diffusion", "network", "training", "sampling", "detection", "scoring")


wildcard_constraints:
    model="|".join(MODELS),
    variant=r"base|[a-z_]+=[A-Za-z0-9._-]+(?:,[a-z_]+=[A-Za-z0-9._-]+)?",
    data_seed=r"\d+",


def is_planar(experiment: str) -> bool:
    """Whether an experiment's samples are points in the plane."""
    return EXPERIMENTS[experiment].dataset.shape == (2,)


def empirical_data(wildcards) -> str | list:
    """What the score of the training points is made of."""
    return f"{RUN}/data.parquet" if wildcards.model == "empirical" else []


def learned_weights(wildcards) -> str | list:
    """What the learned score is made of; the truth needs nothing."""
    return f"{RUN}/gen0/model.safetensors" if wildcards.model == "learned" else []


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


def every_sweep(wildcards) -> list[str]:
    """The same as an input function."""
    return sweep_files(wildcards.experiment)


def varied_data(experiment: str) -> list[list]:
    """[factor, level, means of the modes, their std] of factors that change the data."""
    draws = [draw for of in VARIANTS[experiment].values() for draw in of if not draw.second_factor]
    start = base(EXPERIMENTS[experiment]).dataset if draws else None
    factors = {draw.factor for draw in draws if draw.experiment.dataset != start}
    return [
        [draw.factor, draw.value, mixture.means.tolist(), mixture.std]
        for draw in draws
        if draw.factor in factors and (mixture := draw.experiment.dataset.mixture)
    ]


def varied_modes(wildcards) -> list[list]:
    """The same as a function of the wildcards."""
    return varied_data(wildcards.experiment)


def sweep_histograms(wildcards) -> list[str]:
    """The counts of every small model whose factor changes the data, of every seed."""
    shown = {factor for factor, *_ in varied_data(wildcards.experiment)}
    names = [
        name
        for name, draws in VARIANTS[wildcards.experiment].items()
        if shown & {draw.factor for draw in draws if not draw.second_factor}
    ]
    return of_seeds(wildcards.experiment, "sweep_histograms/{variant}.parquet", variant=names)


def cause_rates(wildcards) -> list[str]:
    """The rates of every model and seed of an experiment."""
    return of_seeds(wildcards.experiment, "causes/{model}.parquet", model=MODELS)


def small(wildcards) -> Experiment:
    """The recipe of a small model."""
    return VARIANTS[wildcards.experiment][wildcards.variant][0].experiment


def small_schedule(wildcards) -> str | list:
    """What a small model's learned schedule came to."""
    return of_learned(small(wildcards))


def base_schedule(wildcards) -> str | list:
    """The same of the base."""
    return of_learned(sweep_base(wildcards))


def replicate_schedule(wildcards) -> str | list:
    """The same of a data seed."""
    seed = f"{RESULTS}/seed{wildcards.data_seed}"
    return f"{seed}/schedule.parquet" if base_schedule(wildcards) else []


def learning(wildcards) -> Experiment:
    """The recipe, of an experiment or a small model of its, whose schedule is learned."""
    return learned_of(experiment_of(wildcards), VARIANTS[wildcards.experiment])


def small_draws(wildcards) -> list[list]:
    """What a small model is drawn for: [factor, level, a second factor and level (null where
    there is none), sampling section] of each."""
    return [
        [
            *(draw.factor, draw.value, draw.second_factor, draw.second_value),
            draw.experiment.sampling.model_dump(mode="json"),
        ]
        for draw in VARIANTS[wildcards.experiment][wildcards.variant]
    ]


def sweep_base(wildcards) -> Experiment:
    """The recipe of the base of the sweeps."""
    return base(experiment_of(wildcards))


def noise_fractions(wildcards) -> list[float]:
    return experiment_of(wildcards).causes.noise_fractions


def counter_of_labels(wildcards) -> str | list:
    """The thresholds that labels rest on, where they do."""
    return counter(wildcards).get("counter", [])


def followed_at(wildcards) -> dict:
    """After which updates of its training an experiment is looked at, with how many samples."""
    return experiment_of(wildcards).following.model_dump(mode="json")


def handover(wildcards) -> dict:
    """At which times a perfect model of shapes hands over, and how many pictures are drawn."""
    return experiment_of(wildcards).handover.model_dump(mode="json")


def snapshots(wildcards) -> list[int]:
    return experiment_of(wildcards).sweeps.snapshots


def replicates(wildcards) -> int:
    return experiment_of(wildcards).sweeps.replicates


def replicate_files(wildcards) -> list[str]:
    """The rates of every data seed."""
    seeds = range(replicates(wildcards))
    return expand(
        f"{RESULTS}/replicates/data{{data_seed}}.parquet", data_seed=seeds, allow_missing=True
    )


def scored(wildcards) -> list[str]:
    """The scores of every seed and generation of an experiment."""
    return [
        shard
        for seed, place in scored_places(wildcards)
        for shard in shards(wildcards.experiment, f"{RESULTS}/seed{seed}/{place}/scores")
    ]


def scored_places(wildcards) -> list[tuple[int, str]]:
    """(seed, lineage) of each generation of `scored`, in its order."""
    experiment = wildcards.experiment
    if EXPERIMENTS[experiment].labels:
        return [(SETTINGS.seeds[0], "gen0")]  # what people have seen
    seeds = SETTINGS.seeds[: EXPERIMENTS[experiment].replicates]
    return [(seed, place) for seed in seeds for place in lineages(experiment, seed)]


def decided_by(kind: str, experiment: str) -> bool:
    """Whether a claim on an experiment is decided by a kind of table."""
    return any(name == experiment and claim.statistic.kind == kind for claim, name in CLAIMS.rows)


def study_figures(experiment: str) -> list[str]:
    """The figures of an experiment's studies."""
    options = EXPERIMENTS[experiment]
    names = ["bridges"] if options.dataset.has_modes and options.scoring.endpoint else []
    if options.causes:
        names += ["causes", "score"]
        names += ["score_field"] if is_planar(experiment) else []
    if options.causes or decided_by("transfer", experiment):
        names += ["transfer"]
    if options.sweeps:
        names += ["sweeps", "windows"]
        names += ["crossed"] if options.sweeps.crossed else []
        shown = {"imbalance": "by_bridge", "eta": "eta"}
        names += [shown[factor] for factor in options.sweeps.factors if factor in shown]
        names += ["slopes"] if options.sweeps.snapshots else []
        on_a_line = options.dataset.shape == (1,)
        names += ["density_by_level"] if on_a_line and varied_data(experiment) else []
    if options.following:
        names += ["labels_by_update"] if options.dataset.has_labels else []
        names += ["quality_by_update"] if "reference" in options.dataset.needs else []
    names += ["handed_over"] if options.handover else []
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
    if options.dataset.has_labels:
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


def claim_kinds(wildcards) -> list[tuple[str, str]]:
    """(experiment, kind) of each of `claim_tables`, in its order."""
    return [(experiment, kind) for experiment, kind, _ in claim_tables()]


def claims_as_stated(wildcards) -> dict:
    return CLAIMS.model_dump(mode="json", exclude_unset=True)


def ledger_files() -> list[str]:
    """The ledger of a whole run, and its audit: of experiments that a claim is about."""
    if not claim_tables():
        return []
    names = ("claims.parquet", "claims.html", "claims.md", "claims_audit.parquet")
    figures = [f"figures/claims_audit.{kind}" for kind in ("pdf", "png")]
    return [f"results/{SETTINGS.preset}/{name}" for name in (*names, *figures)]
