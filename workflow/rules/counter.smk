rule calibrate_counter:
    """The counter of shapes takes its thresholds from pictures whose label is known."""
    input:
        script=script_file("calibrate_counter"),
        code=modules("labels", "datasets/shapes", "datasets/planted", "rng", "frames", "tables"),
    output:
        counter=f"{RESULTS}/counter.parquet",
    log:
        f"{LOGS}/calibrate_counter.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        config=sections("dataset", "counter"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --counter {output.counter:q} > {log:q} 2>&1"


rule audit_counter:
    """A rate of hallucination is worth no more than the counter that it comes from."""
    input:
        counter=f"{RESULTS}/counter.parquet",
        script=script_file("audit_counter"),
        code=modules(
            "metrics/audit",
            "metrics/rows",
            "labels",
            "datasets/shapes",
            "datasets/planted",
            "rng",
            "frames",
            "tables",
        ),
    output:
        audit=f"{RESULTS}/audit.parquet",
    log:
        f"{LOGS}/audit_counter.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        config=sections("dataset", "counter"),
    shell:
        "python {input.script:q} --config {params.config:q} --counter {input.counter:q}"
        " --audit {output.audit:q} > {log:q} 2>&1"
