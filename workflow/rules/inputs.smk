"""Which file follows which: inputs that hang on the experiment."""


def training_data(wildcards) -> str:
    """The recursion: generation k + 1 trains on what its filter kept of generation k."""
    generation = generation_of(wildcards.lineage)
    if generation == 0:
        return f"{RUN}/data.parquet"
    return f"{RUN}/{filter_of(wildcards.lineage)}/gen{generation - 1}/kept.parquet"


def shards(experiment: str, folder: str) -> list[str]:
    """The shards of a generation's samples, or scores, in order."""
    return [f"{folder}/shard{shard:05}.parquet" for shard in range(EXPERIMENTS[experiment].shards)]


def in_shards(folder: str):
    """The same for a rule's input, where the wildcards name the experiment."""
    return lambda wildcards: shards(wildcards.experiment, folder)


def filtered_from(kind: str):
    """The shards of the generation that a filter chooses from."""

    def files(wildcards) -> list[str]:
        place = lineage(wildcards.filter, int(wildcards.generation))
        return shards(wildcards.experiment, f"{RUN}/{place}/{kind}")

    return files


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
    return {"samples": in_shards(f"{RUN}/{{lineage}}/samples")(wildcards)} if own else {}


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


def shown_paths(wildcards) -> str | list:
    """The paths to samples that figures show, where they can be shown."""
    return f"{SHOWN}/gen0/trajectories.parquet" if experiment_of(wildcards).has_paths else []


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
