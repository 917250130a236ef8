rule train_model:
    """Every generation starts from scratch: only its data carry over."""
    input:
        data=training_data,
        script=script_file("train_model"),
        code=modules(*NETWORK, "training", "diffusion", "rng"),
    output:
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        loss=f"{RUN}/{{lineage}}/loss.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/train_model.log",
    conda:
        "../../envs/torch.yaml"
    threads: lambda wildcards: experiment_of(wildcards).training.threads
    resources:
        gpu=gpus,
        mem_mb=growing(training_memory),
        runtime=minutes(training_passes),
    params:
        config=sections("dataset", "diffusion", "network", "training"),
        generation=generation_of,
        # No output: Snakemake would delete it before a restart.
        checkpoint=lambda wildcards, output: f"{output.weights}.checkpoint",
    shell:
        "python {input.script:q} --config {params.config:q} --seed {wildcards.seed}"
        " --generation {params.generation} --gpus {resources.gpu}"
        " --data {input.data:q} --checkpoint {params.checkpoint:q}"
        " --weights {output.weights:q} --loss {output.loss:q} > {log:q} 2>&1"


rule train_classifier:
    """Pictures have no exact density: a classifier of our own judges them."""
    input:
        data=f"{RUN}/data.parquet",
        heldout=f"{RUN}/heldout.parquet",
        script=script_file("train_classifier"),
        code=modules("networks/classifier", "rng"),
    output:
        weights=f"{RUN}/classifier.safetensors",
        history=f"{RUN}/classifier.parquet",
    log:
        f"{LOGS}/seed{{seed}}/train_classifier.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=sections("dataset", "classifier"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --seed {wildcards.seed} --threads {threads}"
        " --data {input.data:q} --heldout {input.heldout:q} --weights {output.weights:q}"
        " --history {output.history:q} > {log:q} 2>&1"
