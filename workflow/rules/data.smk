rule make_dataset:
    """Real samples to train on, and others to compare with."""
    input:
        # Named one by one: a picture added, changed or gone makes the dataset anew.
        pictures=own_pictures,
    output:
        data=f"{RUN}/data.parquet",
        heldout=f"{RUN}/heldout.parquet",
    log:
        f"{LOGS}/seed{{seed}}/make_dataset.log",
    conda:
        "../../envs/data.yaml"
    params:
        **params_of("make_dataset", "dataset"),
    script:
        "../scripts/make_dataset.py"


rule describe_modes:
    """The truth about a mixture, for figures that show it."""
    output:
        modes=f"{RESULTS}/modes.parquet",
    log:
        f"{LOGS}/describe_modes.log",
    conda:
        "../../envs/data.yaml"
    params:
        **params_of("describe_modes", "dataset"),
    script:
        "../scripts/describe_modes.py"


rule write_config:
    """The numbers of a run stand beside its results, presets merged in."""
    output:
        config=f"{RESULTS}/config.yaml",
    log:
        f"{LOGS}/write_config.log",
    conda:
        "../../envs/data.yaml"
    params:
        **params_of("write_config", *Experiment.model_fields),
    script:
        "../scripts/write_config.py"
