"""What hallucinations come from: studies beside the main line of generations."""


class Study(NamedTuple):
    """A study: why it is made, from what, and what its script is told."""

    why: str
    input: dict
    output: dict
    log: str
    told: dict = {}
    sections: tuple = ()
    env: str = "analysis"
    resources: dict = {}
    threads: object = 1


def hours(count: int) -> dict:
    """What a study asks for that trains or draws for long."""
    return {"gpu": gpus, "runtime": growing(60 * count)}


BASE = {"recipe": sweep_base}
PROCESS = ("dataset", "diffusion", "network", "sampling", "causes")
SCHEDULE = {"schedule": learned_schedule}
WEIGHTS = {"weights": f"{RUN}/gen0/model.safetensors"} | SCHEDULE
STUDIES = {
    "learn_schedule": Study(
        "A noise schedule by the data: each seed's own, for all its generations and small models.",
        {"data": f"{RUN}/data.parquet"},
        {"schedule": f"{RUN}/schedule.parquet"},
        "seed{seed}/learn_schedule",
        {"recipe": learning},
        ("dataset", "diffusion"),
        "torch",
        {"runtime": growing(60)},
    ),
    "decompose_causes": Study(
        "The same walks with a perfect, an overfitted and a learned score.",
        {"data": empirical_data, "weights": learned_weights} | SCHEDULE,
        {"rates": f"{RUN}/causes/{{model}}.parquet"},
        "seed{seed}/causes/{model}",
        sections=(*PROCESS, "scoring"),
        env="torch",
        resources=hours(4),
        threads=threads_of,
    ),
    "split_causes": Study(
        "What the sampler, the finite data and the network each add to the floor.",
        {"rates": cause_rates},
        {"causes": f"{RESULTS}/causes.parquet"},
        "split_causes",
    ),
    "compare_scores": Study(
        "A network is smooth where the true score jumps.",
        WEIGHTS,
        {"lines": f"{RUN}/score/lines.parquet", "slopes": f"{RUN}/score/slopes.parquet"},
        "seed{seed}/compare_scores",
        sections=(*PROCESS, "training"),
        env="torch",
    ),
    "map_score": Study(
        "The same over a cell of the lattice, as a field.",
        WEIGHTS,
        {"field": f"{RUN}/score/field.parquet"},
        "seed{seed}/map_score",
        sections=PROCESS,
        env="torch",
    ),
    "follow_training": Study(
        "Bridges fade as the learned score steepens.",
        {"schedule": base_schedule},
        {"slopes": f"{RUN}/score/followed.parquet"},
        "seed{seed}/follow_training",
        BASE | {"noise_fractions": noise_fractions, "snapshots": snapshots},
        SMALL,
        "torch",
        hours(2),
    ),
    "follow_quality": Study(
        "How good pictures are is a matter of updates: how many it takes, and whether more would do.",
        {
            "data": f"{RUN}/data.parquet",
            "reference": f"{RUN}/reference.parquet",
            "network": feature_network,
        },
        {"quality": f"{RUN}/gen0/followed_quality.parquet"},
        "seed{seed}/gen0/follow_quality",
        {"following": followed_at},
        ("dataset", "diffusion", "network", "training", "sampling", "classifier"),
        "torch",
        hours(4),
        lambda wildcards: experiment_of(wildcards).training.threads,
    ),
    "follow_labels": Study(
        "What is wrong early in training need not be what is wrong at its end.",
        {"data": f"{RUN}/data.parquet", "counter": counter_of_labels},
        {"rates": f"{RUN}/gen0/followed.parquet"},
        "seed{seed}/gen0/follow_labels",
        {"following": followed_at},
        ("dataset", "diffusion", "network", "training", "sampling", "scoring"),
        "torch",
        hours(4),
        lambda wildcards: experiment_of(wildcards).training.threads,
    ),
    "hand_over": Study(
        "At which times a network of shapes goes wrong, and whether it is that it couples no columns.",
        WEIGHTS | {"counter": f"{RESULTS}/counter.parquet"},
        {"handed_over": f"{RUN}/gen0/handed_over.parquet"},
        "seed{seed}/gen0/hand_over",
        {"handover": handover},
        ("dataset", "diffusion", "network", "sampling", "scoring"),
        "torch",
        hours(2),
        threads_of,
    ),
    "measure_variant": Study(
        "One small model of a sweep, like the base but for one thing.",
        {"schedule": small_schedule},
        {
            "metrics": f"{RUN}/sweeps/{{variant}}.parquet",
            "histograms": f"{RUN}/sweep_histograms/{{variant}}.parquet",
        },
        "seed{seed}/sweeps/{variant}",
        {"recipe": small, "draws": small_draws},
        SMALL,
        "torch",
        hours(2),
    ),
    "replicate_rates": Study(
        "The same rate with other seeds of data, training and sampling.",
        {"schedule": replicate_schedule},
        {"rates": f"{RESULTS}/replicates/data{{data_seed}}.parquet"},
        "replicates/data{data_seed}",
        BASE | {"replicates": replicates},
        SMALL,
        "torch",
        hours(4),
    ),
    "split_variance": Study(
        "Which of the three seeds a rate depends on.",
        {"rates": replicate_files},
        {"variance": f"{RESULTS}/variance.parquet"},
        "split_variance",
    ),
    "transfer_thresholds": Study(
        "A threshold is of use where it holds on samples it was not found on.",
        {"scores": scored, "labels": labels_by_eye},
        {"transfer": f"{RESULTS}/transfer.parquet"},
        "transfer_thresholds",
        {"detector": main_detector, "places": scored_places},
        ("scoring", "detection"),
    ),
}

for name, study in STUDIES.items():

    # What stands in `script:` is looked up when a job runs, after the loop.
    rule:
        name:
            name
        input:
            **study.input,
        output:
            **study.output,
        log:
            f"{LOGS}/{study.log}.log",
        conda:
            f"../../envs/{study.env}.yaml"
        threads: study.threads
        resources:
            **study.resources,
        params:
            **params_of(name, *study.sections, **study.told),
            study=name,
        script:
            "../scripts/{params.study}.py"

    [*workflow.rules][-1].docstring = study.why
