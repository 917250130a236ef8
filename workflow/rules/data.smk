rule make_dataset:
    """Real samples to train on, and others to compare with."""
    input:
        # Named one by one: a picture added, changed or gone makes the dataset anew.
        pictures=own_pictures,
        script=script_file("make_dataset"),
        code=modules("datasets", "frames", "rng"),
    output:
        data=f"{RUN}/data.parquet",
        heldout=f"{RUN}/heldout.parquet",
    log:
        f"{LOGS}/seed{{seed}}/make_dataset.log",
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        config=sections("dataset"),
    shell:
        "python {input.script:q} --config {params.config:q} --seed {wildcards.seed}"
        " --data {output.data:q} --heldout {output.heldout:q} > {log:q} 2>&1"


rule describe_modes:
    """The truth about a mixture, for figures that show it."""
    input:
        script=script_file("describe_modes"),
        code=modules("datasets"),
    output:
        modes=f"{RESULTS}/modes.parquet",
    log:
        f"{LOGS}/describe_modes.log",
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        config=sections("dataset"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --modes {output.modes:q} > {log:q} 2>&1"


rule write_config:
    """The numbers of a run stand beside its results, presets merged in."""
    input:
        script=script_file("write_config"),
    output:
        config=f"{RESULTS}/config.yaml",
    log:
        f"{LOGS}/write_config.log",
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        config=sections(*Experiment.model_fields),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --output {output.config:q} > {log:q} 2>&1"
