# Pages to look with, each one file that needs no network.


rule make_label_page:
    """Where no formula tells what is hallucinated, people do: blind to every score."""
    input:
        samples=in_shards(f"{SHOWN}/gen0/samples"),
        script=script_file("make_label_page"),
        code=modules("pages", "labels_by_eye", "streams", "frames", "tables"),
        template=str(SOURCES[0] / "pages/label.html"),
    output:
        page=f"{RESULTS}/label.html",
    log:
        f"{LOGS}/make_label_page.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        config=sections("dataset"),
        seed=SETTINGS.seeds[0],
    shell:
        "python {input.script:q} --config {params.config:q} --seed {params.seed}"
        " --experiment {wildcards.experiment} --samples {input.samples:q}"
        " --page {output.page:q} > {log:q} 2>&1"


rule read_labels:
    """Labels by eye count where they are of these very pictures, and where people agree."""
    input:
        labels=lambda wildcards: experiment_of(wildcards).labels,
        samples=in_shards(f"{RUN}/gen0/samples"),
        script=script_file("read_labels"),
        code=modules("pages", "labels_by_eye", "streams", "frames", "tables"),
    output:
        labels=f"{RUN}/gen0/labels.parquet",
    log:
        f"{LOGS}/seed{{seed}}/read_labels.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        config=sections("dataset"),
    shell:
        "python {input.script:q} --config {params.config:q} --seed {wildcards.seed}"
        " --by-eye {input.labels:q} --samples {input.samples:q}"
        " --labels {output.labels:q} > {log:q} 2>&1"


rule make_explorer:
    """Where to cut is best seen with the samples beside: all three views under one threshold."""
    input:
        unpack(labels_by_eye),
        samples=in_shards(f"{SHOWN}/gen0/samples"),
        scores=in_shards(f"{SHOWN}/gen0/scores"),
        trajectories=f"{SHOWN}/gen0/trajectories.parquet",
        script=script_file("make_explorer"),
        code=modules(
            "pages", "metrics/detection", "metrics/rows", "labels_by_eye", "frames", "tables"
        ),
        template=expand(str(SOURCES[0] / "pages/explorer.{kind}"), kind=("html", "js")),
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
        mem_mb=growing(scores_memory),
        runtime=growing(10),
    params:
        config=sections("dataset", "detection", "scoring"),
        seed=SETTINGS.seeds[0],
        labels=lambda wildcards, input: options(
            **{key: input[key] for key in labels_by_eye(wildcards)}
        ),
    shell:
        "python {input.script:q} --config {params.config:q} --seed {params.seed}"
        " --experiment {wildcards.experiment} --samples {input.samples:q}"
        " --scores {input.scores:q} --trajectories {input.trajectories:q} {params.labels}"
        " --page {output.page:q} > {log:q} 2>&1"
