rule describe_reference:
    """Generated pictures are compared with real ones by what a network sees in both."""
    input:
        data=f"{RUN}/data.parquet",
        heldout=f"{RUN}/heldout.parquet",
        network=feature_network,
    output:
        reference=f"{RUN}/reference.parquet",
    log:
        f"{LOGS}/seed{{seed}}/describe_reference.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=growing(60),
    params:
        **params_of("describe_reference", "dataset", "classifier"),
    script:
        "../scripts/describe_reference.py"


rule score_samples:
    """What the detectors say of each sample, beside what is true of it."""
    input:
        unpack(judges),
        samples=f"{RUN}/{{lineage}}/samples/shard{{shard}}.parquet",
    output:
        scores=bulky(f"{RUN}/{{lineage}}/scores/shard{{shard}}.parquet"),
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/score_samples_{{shard}}.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(needs.shard_memory),
    params:
        **params_of("score_samples", "dataset", "detection", "scoring", "classifier"),
    script:
        "../scripts/score_samples.py"


rule filter_samples:
    """The choice that the recursion turns on; every filter keeps the same number."""
    input:
        labels=oracle_labels,
        samples=filtered_from("samples"),
        scores=filtered_from("scores"),
    output:
        kept=f"{RUN}/{{filter}}/gen{{generation}}/kept.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{filter}}/gen{{generation}}/filter_samples.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(needs.table_memory),
    params:
        # Not the whole section: one more generation or filter leaves these choices as they are.
        **params_of("filter_samples", "dataset", keep=kept_of, threshold=threshold_of),
    script:
        "../scripts/filter_samples.py"


rule measure_generation:
    """Every rate with its threshold, its interval and the floor of a perfect sampler."""
    input:
        unpack(yardsticks),
        unpack(measured_points),
        labels=measured_labels,
        scores=in_shards(f"{RUN}/{{lineage}}/scores"),
    output:
        metrics=f"{RUN}/{{lineage}}/metrics.parquet",
        roc=f"{RUN}/{{lineage}}/roc.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/measure_generation.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(needs.scores_memory),
    params:
        **params_of(
            "measure_generation", "dataset", "detection", "scoring", "classifier", "metrics"
        ),
    script:
        "../scripts/measure_generation.py"


rule embed_bottleneck:
    """Hundreds of channels have to be brought down to a plane to be seen, not to be measured."""
    input:
        bottleneck=f"{RUN}/{{lineage}}/bottleneck.parquet",
    output:
        embedding=f"{RUN}/{{lineage}}/embedding.parquet",
        between=f"{RUN}/{{lineage}}/between.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/embed_bottleneck.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=growing(30),
    params:
        **params_of("embed_bottleneck"),
    script:
        "../scripts/embed_bottleneck.py"


rule count_histogram:
    """Bridges on a line are seen in counts, not in points."""
    input:
        samples=in_shards(f"{RUN}/{{lineage}}/samples"),
    output:
        histogram=f"{RUN}/{{lineage}}/histogram.parquet",
    log:
        f"{LOGS}/seed{{seed}}/{{lineage}}/count_histogram.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(needs.scores_memory),
    params:
        **params_of("count_histogram", "dataset"),
    script:
        "../scripts/count_histogram.py"


rule collect_metrics:
    """One table an experiment, to read in pandas and to draw from."""
    input:
        parts=measured,
    output:
        metrics=f"{RESULTS}/metrics.parquet",
        summary=f"{RESULTS}/summary.parquet",
    log:
        f"{LOGS}/collect_metrics.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        **params_of("collect_metrics"),
    script:
        "../scripts/collect_metrics.py"
