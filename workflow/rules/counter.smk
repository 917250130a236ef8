rule calibrate_counter:
    """The counter of shapes takes its thresholds from pictures whose label is known."""
    output:
        counter=f"{RESULTS}/counter.parquet",
    log:
        f"{LOGS}/calibrate_counter.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        runtime=growing(30),
    params:
        **params_of("calibrate_counter", "dataset", "counter"),
    script:
        "../scripts/calibrate_counter.py"


rule audit_counter:
    """A rate of hallucination is worth no more than the counter that it comes from."""
    input:
        counter=f"{RESULTS}/counter.parquet",
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
        **params_of("audit_counter", "dataset", "counter"),
    script:
        "../scripts/audit_counter.py"
