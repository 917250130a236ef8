# What hallucinations come from: studies beside the main line of generations.


rule decompose_causes:
    """The same walks with a perfect, an overfitted and a learned score."""
    input:
        unpack(cause_inputs),
        script=script_file("decompose_causes"),
        code=modules(*NETWORK, *DRAWING, "exact", "decomposition", "metrics/mixture"),
    output:
        rates=f"{RUN}/causes/{{model}}.parquet",
    log:
        f"{LOGS}/seed{{seed}}/causes/{{model}}.log",
    conda:
        "../../envs/torch.yaml"
    threads: lambda wildcards: experiment_of(wildcards).sampling.threads
    resources:
        gpu=gpus,
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        config=sections("dataset", "diffusion", "network", "sampling", "scoring", "causes"),
        made_of=lambda wildcards, input: options(
            **{key: input[key] for key in cause_inputs(wildcards)}
        ),
    shell:
        "python {input.script:q} --config {params.config:q} --experiment {wildcards.experiment}"
        " --seed {wildcards.seed} --threads {threads} --gpus {resources.gpu}"
        " --model {wildcards.model} {params.made_of} --rates {output.rates:q} > {log:q} 2>&1"


rule split_causes:
    """What the sampler, the finite data and the network each add to the floor."""
    input:
        rates=cause_rates,
        script=script_file("split_causes"),
        code=modules("metrics/causes", "metrics/statistics", "frames", "tables"),
    output:
        causes=f"{RESULTS}/causes.parquet",
    log:
        f"{LOGS}/split_causes.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --experiment {wildcards.experiment}"
        " --rates {input.rates:q} --causes {output.causes:q} > {log:q} 2>&1"


rule compare_scores:
    """A network is smooth where the true score jumps."""
    input:
        weights=f"{RUN}/gen0/model.safetensors",
        script=script_file("compare_scores"),
        code=modules(*NETWORK, "exact", "diffusion", "metrics/score", "metrics/bridges"),
    output:
        lines=f"{RUN}/score/lines.parquet",
        slopes=f"{RUN}/score/slopes.parquet",
    log:
        f"{LOGS}/seed{{seed}}/compare_scores.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        config=sections("dataset", "diffusion", "network", "training", "sampling", "causes"),
    shell:
        "python {input.script:q} --config {params.config:q} --experiment {wildcards.experiment}"
        " --seed {wildcards.seed} --threads {threads} --weights {input.weights:q}"
        " --lines {output.lines:q} --slopes {output.slopes:q} > {log:q} 2>&1"


rule map_score:
    """The same over a cell of the lattice, as a field."""
    input:
        weights=f"{RUN}/gen0/model.safetensors",
        script=script_file("map_score"),
        code=modules(*NETWORK, "exact", "diffusion", "metrics/score", "metrics/bridges"),
    output:
        field=f"{RUN}/score/field.parquet",
    log:
        f"{LOGS}/seed{{seed}}/map_score.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        config=sections("dataset", "diffusion", "network", "sampling", "causes"),
    shell:
        "python {input.script:q} --config {params.config:q} --experiment {wildcards.experiment}"
        " --seed {wildcards.seed} --threads {threads} --weights {input.weights:q}"
        " --field {output.field:q} > {log:q} 2>&1"


rule follow_training:
    """Bridges fade as the learned score steepens."""
    input:
        script=script_file("follow_training"),
        code=modules(*NETWORK, *DRAWING, "training", "exact", "metrics/score", "metrics/bridges"),
    output:
        slopes=f"{RUN}/score/followed.parquet",
    log:
        f"{LOGS}/seed{{seed}}/follow_training.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus,
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        config=sweep_base,
        fractions=noise_fractions,
        snapshots=lambda wildcards: experiment_of(wildcards).sweeps.snapshots,
    shell:
        "python {input.script:q} --config {params.config:q} --experiment {wildcards.experiment}"
        " --seed {wildcards.seed} --gpus {resources.gpu}"
        " --fractions {params.fractions} --snapshots {params.snapshots}"
        " --slopes {output.slopes:q} > {log:q} 2>&1"


rule measure_variant:
    """One small model of a sweep, like the base but for one thing."""
    input:
        script=script_file("measure_variant"),
        code=modules(*NETWORK, *DRAWING, "training", "metrics/mixture", "metrics/windows"),
    output:
        metrics=f"{RUN}/sweeps/{{variant}}.parquet",
    log:
        f"{LOGS}/seed{{seed}}/sweeps/{{variant}}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus,
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        config=small,
        draws=small_draws,
    shell:
        "python {input.script:q} --config {params.config:q} --experiment {wildcards.experiment}"
        " --seed {wildcards.seed} --gpus {resources.gpu} --draws {params.draws:q}"
        " --metrics {output.metrics:q} > {log:q} 2>&1"


rule replicate_rates:
    """The same rate with other seeds of data, training and sampling."""
    input:
        script=script_file("replicate_rates"),
        code=modules(*NETWORK, *DRAWING, "training", "metrics/mixture"),
    output:
        rates=f"{RESULTS}/replicates/data{{data_seed}}.parquet",
    log:
        f"{LOGS}/replicates/data{{data_seed}}.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=gpus,
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        config=sweep_base,
        replicates=lambda wildcards: experiment_of(wildcards).sweeps.replicates,
    shell:
        "python {input.script:q} --config {params.config:q} --experiment {wildcards.experiment}"
        " --gpus {resources.gpu}"
        " --data-seed {wildcards.data_seed} --replicates {params.replicates}"
        " --rates {output.rates:q} > {log:q} 2>&1"


rule split_variance:
    """Which of the three seeds a rate depends on."""
    input:
        rates=replicate_files,
        script=script_file("split_variance"),
        code=modules("metrics/statistics", "frames", "tables"),
    output:
        variance=f"{RESULTS}/variance.parquet",
    log:
        f"{LOGS}/split_variance.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --experiment {wildcards.experiment}"
        " --rates {input.rates:q} --variance {output.variance:q} > {log:q} 2>&1"


rule transfer_thresholds:
    """A threshold is of use where it holds on samples it was not found on."""
    input:
        scores=scored,
        script=script_file("transfer_thresholds"),
        code=modules("metrics/transfer", "metrics/detection", "frames", "tables"),
    output:
        transfer=f"{RESULTS}/transfer.parquet",
    log:
        f"{LOGS}/transfer_thresholds.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        config=sections("scoring"),
        detector=main_detector,
        generations=scored_options,
    shell:
        "python {input.script:q} --config {params.config:q} --experiment {wildcards.experiment}"
        " --detector {params.detector} {params.generations}"
        " --transfer {output.transfer:q} > {log:q} 2>&1"
