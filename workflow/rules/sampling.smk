rule draw_samples:
    """Samples leave with their trajectory already scored, so no trajectory is stored."""
    input:
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        schedule=learned_schedule,
    output:
        samples=bulky(f"{RUN}/{{lineage}}/samples/shard{{shard}}.parquet"),
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/draw_samples_{{shard}}.log",
    wildcard_constraints:
        experiment=of_origin("network"),
    conda:
        "../../envs/torch.yaml"
    threads: threads_of
    resources:
        gpu=gpus,
        mem_mb=growing(needs.drawing_memory),
        runtime=minutes(needs.drawing_passes),
    params:
        **params_of(
            "draw_samples",
            *("dataset", "diffusion", "network", "sampling", "detection"),
            shard_size=shard_size,
        ),
    script:
        "../scripts/draw_samples.py"


rule draw_from_pipeline:
    """A model of others is watched while its own scheduler walks."""
    input:
        pipeline=own_files,
        weights=weights_of_ours,
    output:
        samples=bulky(f"{RUN}/{{lineage}}/samples/shard{{shard}}.parquet"),
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/draw_from_pipeline_{{shard}}.log",
    wildcard_constraints:
        experiment=of_origin("pipeline"),
    conda:
        "../../envs/torch.yaml"
    threads: threads_of
    resources:
        gpu=gpus,
        mem_mb=growing(needs.drawing_memory),
        runtime=minutes(needs.drawing_passes),
    params:
        **params_of(
            "draw_from_pipeline",
            *("dataset", "network", "sampling", "detection"),
            shard_size=shard_size,
        ),
    script:
        "../scripts/draw_from_pipeline.py"


rule take_samples:
    """What was made elsewhere is scored and shown like what is drawn here."""
    input:
        made=own_files,
    output:
        samples=bulky(f"{RUN}/{{lineage}}/samples/shard{{shard}}.parquet"),
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/take_samples_{{shard}}.log",
    wildcard_constraints:
        experiment=of_origin("samples"),
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(needs.drawing_memory),
    params:
        **params_of(
            "take_samples",
            *("dataset", "samples", "sampling", "detection"),
            shard_size=shard_size,
        ),
    script:
        "../scripts/take_samples.py"


rule record_bottleneck:
    """What the U-Net itself makes of real and generated pictures."""
    input:
        unpack(counter),
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        data=f"{RUN}/data.parquet",
        samples=in_shards(f"{RUN}/{{lineage}}/samples"),
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
    output:
        bottleneck=f"{RUN}/{{lineage}}/bottleneck.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/record_bottleneck.log",
    conda:
        "../../envs/torch.yaml"
    threads: threads_of
    resources:
        gpu=gpus,
        mem_mb=growing(needs.table_memory),
        runtime=growing(30),
    params:
        **params_of("record_bottleneck", "dataset", "diffusion", "network", "embedding"),
    script:
        "../scripts/record_bottleneck.py"


rule record_trajectories:
    """The few paths that figures show, walked again from the same noise."""
    input:
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
        schedule=learned_schedule,
    output:
        trajectories=f"{RUN}/{{lineage}}/trajectories.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/record_trajectories.log",
    wildcard_constraints:
        experiment=of_origin("network"),
    conda:
        "../../envs/torch.yaml"
    threads: threads_of
    resources:
        gpu=gpus,
        mem_mb=growing(needs.drawing_memory),
        runtime=minutes(needs.drawing_passes),
    params:
        **params_of(
            "record_trajectories",
            *("dataset", "diffusion", "network", "sampling", "detection", "trajectories"),
        ),
    script:
        "../scripts/record_trajectories.py"


rule record_from_pipeline:
    """The same of a model of others, drawn again."""
    input:
        pipeline=own_files,
        weights=weights_of_ours,
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
    output:
        trajectories=f"{RUN}/{{lineage}}/trajectories.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/record_from_pipeline.log",
    wildcard_constraints:
        experiment=of_origin("pipeline"),
    conda:
        "../../envs/torch.yaml"
    threads: threads_of
    resources:
        gpu=gpus,
        mem_mb=growing(needs.drawing_memory),
        runtime=minutes(needs.drawing_passes),
    params:
        **params_of(
            "record_from_pipeline",
            *("dataset", "network", "sampling", "detection", "trajectories"),
        ),
    script:
        "../scripts/record_from_pipeline.py"


rule take_paths:
    """The same of samples made elsewhere, whose paths were kept."""
    input:
        made=own_files,
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
    output:
        trajectories=f"{RUN}/{{lineage}}/trajectories.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/take_paths.log",
    wildcard_constraints:
        experiment=of_origin("samples"),
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(needs.drawing_memory),
    params:
        **params_of(
            "take_paths",
            *("dataset", "samples", "sampling", "detection", "trajectories"),
        ),
    script:
        "../scripts/take_paths.py"
