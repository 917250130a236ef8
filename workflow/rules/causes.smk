# What hallucinations come from: studies beside the main line of generations.


rule decompose_causes:
    """The same walks with a perfect, an overfitted and a learned score."""
    input:
        unpack(cause_inputs),
    output:
        rates=f"{RUN}/causes/{{model}}.parquet",
    log:
        f"{LOGS}/seed{{seed}}/causes/{{model}}.log",
    conda:
        "../../envs/torch.yaml"
    threads: threads_of
    resources:
        gpu=gpus,
        runtime=growing(240),
    params:
        **params_of(
            "decompose_causes",
            *("dataset", "diffusion", "network", "sampling", "scoring", "causes"),
        ),
    script:
        "../scripts/decompose_causes.py"


rule split_causes:
    """What the sampler, the finite data and the network each add to the floor."""
    input:
        rates=cause_rates,
    output:
        causes=f"{RESULTS}/causes.parquet",
    log:
        f"{LOGS}/split_causes.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        **params_of("split_causes"),
    script:
        "../scripts/split_causes.py"


rule compare_scores:
    """A network is smooth where the true score jumps."""
    input:
        weights=f"{RUN}/gen0/model.safetensors",
    output:
        lines=f"{RUN}/score/lines.parquet",
        slopes=f"{RUN}/score/slopes.parquet",
    log:
        f"{LOGS}/seed{{seed}}/compare_scores.log",
    conda:
        "../../envs/torch.yaml"
    params:
        **params_of(
            "compare_scores",
            *("dataset", "diffusion", "network", "training", "sampling", "causes"),
        ),
    script:
        "../scripts/compare_scores.py"


rule map_score:
    """The same over a cell of the lattice, as a field."""
    input:
        weights=f"{RUN}/gen0/model.safetensors",
    output:
        field=f"{RUN}/score/field.parquet",
    log:
        f"{LOGS}/seed{{seed}}/map_score.log",
    conda:
        "../../envs/torch.yaml"
    params:
        **params_of("map_score", "dataset", "diffusion", "network", "sampling", "causes"),
    script:
        "../scripts/map_score.py"


rule follow_training:
    """Bridges fade as the learned score steepens."""
    output:
        slopes=f"{RUN}/score/followed.parquet",
    log:
        f"{LOGS}/seed{{seed}}/follow_training.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus,
        runtime=growing(120),
    params:
        **params_of(
            "follow_training",
            *SMALL,
            recipe=sweep_base,
            noise_fractions=noise_fractions,
            snapshots=snapshots,
        ),
    script:
        "../scripts/follow_training.py"


rule measure_variant:
    """One small model of a sweep, like the base but for one thing."""
    output:
        metrics=f"{RUN}/sweeps/{{variant}}.parquet",
    log:
        f"{LOGS}/seed{{seed}}/sweeps/{{variant}}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus,
        runtime=growing(120),
    params:
        **params_of("measure_variant", *SMALL, recipe=small, draws=small_draws),
    script:
        "../scripts/measure_variant.py"


rule replicate_rates:
    """The same rate with other seeds of data, training and sampling."""
    output:
        rates=f"{RESULTS}/replicates/data{{data_seed}}.parquet",
    log:
        f"{LOGS}/replicates/data{{data_seed}}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus,
        runtime=growing(240),
    params:
        **params_of("replicate_rates", *SMALL, recipe=sweep_base, replicates=replicates),
    script:
        "../scripts/replicate_rates.py"


rule split_variance:
    """Which of the three seeds a rate depends on."""
    input:
        rates=replicate_files,
    output:
        variance=f"{RESULTS}/variance.parquet",
    log:
        f"{LOGS}/split_variance.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        **params_of("split_variance"),
    script:
        "../scripts/split_variance.py"


rule locate_bridges:
    """Bridges join nearest neighbours, or they are no interpolations."""
    input:
        samples=in_shards(f"{RUN}/gen0/samples"),
        scores=in_shards(f"{RUN}/gen0/scores"),
    output:
        bridges=f"{RUN}/bridges.parquet",
    log:
        f"{LOGS}/seed{{seed}}/locate_bridges.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        **params_of("locate_bridges", "dataset", "scoring"),
    script:
        "../scripts/locate_bridges.py"


rule transfer_thresholds:
    """A threshold is of use where it holds on samples it was not found on."""
    input:
        scores=scored,
    output:
        transfer=f"{RESULTS}/transfer.parquet",
    log:
        f"{LOGS}/transfer_thresholds.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        **params_of("transfer_thresholds", "scoring", detector=main_detector, places=scored_places),
    script:
        "../scripts/transfer_thresholds.py"
