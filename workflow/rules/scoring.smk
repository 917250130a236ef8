rule describe_reference:
    """Generated pictures are compared with real ones by what a network sees in both."""
    input:
        data=f"{RUN}/data.parquet",
        heldout=f"{RUN}/heldout.parquet",
        network=feature_network,
        script=script_file("describe_reference"),
        code=modules("networks/classifier", "networks/features"),
    output:
        reference=f"{RUN}/reference.parquet",
    log:
        f"{LOGS}/seed{{seed}}/describe_reference.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        config=sections("dataset", "classifier"),
    shell:
        "python {input.script:q} --config {params.config:q} --threads {threads}"
        " --data {input.data:q} --heldout {input.heldout:q} --network {input.network:q}"
        " --reference {output.reference:q} > {log:q} 2>&1"


rule score_samples:
    """What the detectors say of each sample, beside what is true of it."""
    input:
        unpack(judges),
        samples=f"{RUN}/{{lineage}}/samples/shard{{shard}}.parquet",
        script=script_file("score_samples"),
        code=modules(
            "support",
            "detectors",
            "datasets/mixtures",
            "datasets/shapes",
            "networks/classifier",
            "networks/features",
            "frames",
            "tables",
        ),
    output:
        scores=bulky(f"{RUN}/{{lineage}}/scores/shard{{shard}}.parquet"),
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/score_samples_{{shard}}.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(shard_memory),
        runtime=growing(20),
    params:
        config=sections("dataset", "detection", "scoring", "classifier"),
        judges=lambda wildcards, input: options(**{key: input[key] for key in judges(wildcards)}),
    shell:
        "python {input.script:q} --config {params.config:q} --threads {threads}"
        " --samples {input.samples:q} {params.judges}"
        " --scores {output.scores:q} > {log:q} 2>&1"


rule filter_samples:
    """The choice that the recursion turns on; every filter keeps the same number."""
    input:
        unpack(oracle_labels),
        samples=lambda wildcards: shards(
            wildcards.experiment, f"{filtered_from(wildcards)}/samples"
        ),
        scores=lambda wildcards: shards(wildcards.experiment, f"{filtered_from(wildcards)}/scores"),
        script=script_file("filter_samples"),
        code=modules("filters", "labels_by_eye", "streams"),
    output:
        kept=f"{RUN}/{{filter}}/gen{{generation}}/kept.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{filter}}/gen{{generation}}/filter_samples.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        config=sections("dataset"),
        # Not the section: one more generation or filter leaves these choices as they are.
        keep=lambda wildcards: experiment_of(wildcards).recursion.keep,
        threshold=threshold,
        labels=lambda wildcards, input: options(
            **{key: input[key] for key in oracle_labels(wildcards)}
        ),
    shell:
        "python {input.script:q} --config {params.config:q} --seed {wildcards.seed}"
        " --generation {wildcards.generation} --filter {wildcards.filter}"
        " --keep {params.keep} {params.threshold} {params.labels}"
        " --samples {input.samples:q} --scores {input.scores:q}"
        " --kept {output.kept:q} > {log:q} 2>&1"


rule measure_generation:
    """Every rate with its threshold, its interval and the floor of a perfect sampler."""
    input:
        unpack(yardsticks),
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
        script=script_file("measure_generation"),
        code=modules(
            "metrics",
            "labels_by_eye",
            "support",
            "datasets/mixtures",
            "streams",
            "frames",
            "tables",
        ),
    output:
        metrics=f"{RUN}/{{lineage}}/metrics.parquet",
        roc=f"{RUN}/{{lineage}}/roc.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/measure_generation.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(scores_memory),
        runtime=growing(20),
    params:
        config=sections("dataset", "detection", "scoring", "classifier"),
        generation=generation_of,
        filter=filter_of,
        yardsticks=lambda wildcards, input: options(
            **{key: input[key] for key in yardsticks(wildcards)}
        ),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --experiment {wildcards.experiment} --filter {params.filter} --seed {wildcards.seed}"
        " --generation {params.generation} --scores {input.scores:q} {params.yardsticks}"
        " --metrics {output.metrics:q} --roc {output.roc:q} > {log:q} 2>&1"


rule embed_bottleneck:
    """Hundreds of channels have to be brought down to a plane to be seen."""
    input:
        bottleneck=f"{RUN}/{{lineage}}/bottleneck.parquet",
        script=script_file("embed_bottleneck"),
        code=modules("metrics/embedding", "frames", "tables"),
    output:
        embedding=f"{RUN}/{{lineage}}/embedding.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/embed_bottleneck.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    shell:
        "python {input.script:q} --seed {wildcards.seed}"
        " --bottleneck {input.bottleneck:q}"
        " --embedding {output.embedding:q} > {log:q} 2>&1"


rule count_histogram:
    """Bridges on a line are seen in counts, not in points."""
    input:
        samples=in_shards(f"{RUN}/{{lineage}}/samples"),
        script=script_file("count_histogram"),
        code=modules("metrics/histogram", "datasets/mixtures", "frames", "tables"),
    output:
        histogram=f"{RUN}/{{lineage}}/histogram.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/count_histogram.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(scores_memory),
        runtime=growing(10),
    params:
        config=sections("dataset"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --samples {input.samples:q} --histogram {output.histogram:q} > {log:q} 2>&1"


rule collect_metrics:
    """One table an experiment, to read in pandas and to draw from."""
    input:
        parts=measured,
        script=script_file("collect_metrics"),
        code=modules("frames", "tables", "metrics/statistics"),
    output:
        metrics=f"{RESULTS}/metrics.parquet",
        summary=f"{RESULTS}/summary.parquet",
    log:
        f"{LOGS}/collect_metrics.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --experiment {wildcards.experiment} --parts {input.parts:q}"
        " --metrics {output.metrics:q} --summary {output.summary:q} > {log:q} 2>&1"
