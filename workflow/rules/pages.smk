"""Pages to look with, each one file that needs no network."""


rule make_label_page:
    """Where no formula tells what is hallucinated, people do: blind to every score."""
    input:
        samples=in_shards(f"{SHOWN}/gen0/samples"),
    output:
        page=f"{RESULTS}/label.html",
    log:
        f"{LOGS}/make_label_page.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(needs.table_memory),
    params:
        **params_of("make_label_page", "dataset", seed=SETTINGS.seeds[0]),
    script:
        "../scripts/make_label_page.py"


rule read_labels:
    """Labels by eye count where they are of these very pictures, and where people agree."""
    input:
        by_eye=given_labels,
        samples=in_shards(f"{RUN}/gen0/samples"),
    output:
        labels=f"{RUN}/gen0/labels.parquet",
    log:
        f"{LOGS}/seed{{seed}}/read_labels.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(needs.table_memory),
    params:
        **params_of("read_labels", "dataset"),
    script:
        "../scripts/read_labels.py"


rule make_explorer:
    """Where to cut is best seen with the samples beside: all three views under one threshold."""
    input:
        labels=labels_by_eye,
        samples=SAMPLES,
        scores=SCORES,
        trajectories=shown_paths,
    output:
        page=report(
            f"{FIGURES}_explorer.html",
            caption="../report/explorer.rst",
            category="{experiment}",
            labels={"figure": "explorer"},
        ),
    log:
        f"{LOGS}/make_explorer.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(needs.scores_memory),
    params:
        **params_of("make_explorer", *("dataset", "detection", "scoring"), seed=SETTINGS.seeds[0]),
    script:
        "../scripts/make_explorer.py"
