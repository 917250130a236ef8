rule train_model:
    """Every generation starts from scratch, where it is not told to go on from the one before."""
    input:
        data=training_data,
        schedule=learned_schedule,
        before=weights_before,
        pipeline=own_files,
    output:
        weights=f"{RUN}/{{lineage}}/model.safetensors",
        loss=f"{RUN}/{{lineage}}/loss.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/train_model.log",
    wildcard_constraints:
        lineage=rf"gen0|(?:{FILTERS})/gen[1-9]\d*",
    conda:
        "../../envs/torch.yaml"
    threads: lambda wildcards: experiment_of(wildcards).learning.threads
    resources:
        gpu=gpus,
        mem_mb=growing(needs.training_memory),
        runtime=minutes(needs.training_passes),
    params:
        **params_of(
            "train_model",
            *("dataset", "diffusion", "network", "training", "finetune"),
            checkpoint_every=checkpoint_every,
        ),
    script:
        "../scripts/train_model.py"


rule refit_mixture:
    """The control that has no network: what its modes lose, the sampler takes."""
    input:
        data=training_data,
    output:
        weights=f"{RUN}/{{lineage}}/model.safetensors",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/refit_mixture.log",
    wildcard_constraints:
        lineage=rf"{REFITTED}/gen[1-9]\d*",
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=growing(needs.table_memory),
    params:
        **params_of("refit_mixture", "dataset", "scoring"),
    script:
        "../scripts/refit_mixture.py"


rule train_classifier:
    """Pictures have no exact density: a classifier of our own judges them."""
    input:
        data=f"{RUN}/data.parquet",
        heldout=f"{RUN}/heldout.parquet",
    output:
        weights=f"{RUN}/classifier.safetensors",
        history=f"{RUN}/classifier.parquet",
    log:
        f"{LOGS}/seed{{seed}}/train_classifier.log",
    conda:
        "../../envs/torch.yaml"
    resources:
        runtime=growing(60),
    params:
        **params_of("train_classifier", "dataset", "classifier"),
    script:
        "../scripts/train_classifier.py"
