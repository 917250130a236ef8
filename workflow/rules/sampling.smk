rule draw_samples:
    """Samples leave with their trajectory already scored, so no trajectory is stored."""
    input:
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        script=script_file("draw_samples"),
        code=modules(*NETWORK, "samplers", "diffusion", "trajectory", "detectors", "rng"),
    output:
        samples=bulky(f"{RUN}/{{lineage}}/samples/shard{{shard}}.parquet"),
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/draw_samples_{{shard}}.log",
    conda:
        "../../envs/torch.yaml"
    threads: lambda wildcards: experiment_of(wildcards).sampling.threads
    resources:
        gpu=gpus,
        mem_mb=growing(drawing_memory),
        runtime=minutes(drawing_passes),
    params:
        config=sections("dataset", "diffusion", "network", "sampling", "detection"),
        generation=generation_of,
        shard=lambda wildcards: int(wildcards.shard),
    shell:
        "python {input.script:q} --config {params.config:q} --seed {wildcards.seed}"
        " --generation {params.generation} --threads {threads} --gpus {resources.gpu}"
        " --weights {input.weights:q} --shard {params.shard}"
        " --samples {output.samples:q} > {log:q} 2>&1"


rule record_bottleneck:
    """What the U-Net itself makes of real and generated pictures."""
    input:
        unpack(counter),
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        data=f"{RUN}/data.parquet",
        samples=in_shards(f"{RUN}/{{lineage}}/samples"),
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
        script=script_file("record_bottleneck"),
        code=modules(
            *NETWORK,
            "bottleneck",
            "datasets/shapes",
            "diffusion",
            "rng",
            "labels/shapes",
            "frames",
            "tables",
        ),
    output:
        bottleneck=f"{RUN}/{{lineage}}/bottleneck.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/record_bottleneck.log",
    conda:
        "../../envs/torch.yaml"
    threads: lambda wildcards: experiment_of(wildcards).sampling.threads
    resources:
        gpu=gpus,
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=sections("dataset", "diffusion", "network", "embedding"),
        generation=generation_of,
        counter=lambda wildcards, input: options(**{key: input[key] for key in counter(wildcards)}),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --seed {wildcards.seed} --generation {params.generation} --threads {threads}"
        " --gpus {resources.gpu} --weights {input.weights:q} --data {input.data:q}"
        " --samples {input.samples:q} --scores {input.scores:q} {params.counter}"
        " --bottleneck {output.bottleneck:q} > {log:q} 2>&1"


rule record_trajectories:
    """The few paths that figures show, walked again from the same noise."""
    input:
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
        script=script_file("record_trajectories"),
        code=modules(*NETWORK, "samplers", "diffusion", "trajectory", "rng"),
    output:
        trajectories=f"{RUN}/{{lineage}}/trajectories.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/record_trajectories.log",
    conda:
        "../../envs/torch.yaml"
    threads: lambda wildcards: experiment_of(wildcards).sampling.threads
    resources:
        gpu=gpus,
        mem_mb=growing(drawing_memory),
        runtime=minutes(drawing_passes),
    params:
        config=sections("dataset", "diffusion", "network", "sampling", "detection", "trajectories"),
        generation=generation_of,
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --seed {wildcards.seed} --generation {params.generation} --threads {threads}"
        " --gpus {resources.gpu} --weights {input.weights:q} --scores {input.scores:q}"
        " --trajectories {output.trajectories:q} > {log:q} 2>&1"
