# The rules of the ledger, tried on models that are known.


rule audit_claims:
    """A verdict is worth no more than the rule that it comes from."""
    input:
        script=script_file("audit_claims"),
        code=modules("metrics", "datasets/mixtures", "labels", "rng", "frames", "tables"),
    output:
        audit="results/{preset}/claims_audit.parquet",
    log:
        "results/{preset}/logs/audit_claims.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(20),
    params:
        repetitions=SETTINGS.audit_repetitions,
    shell:
        "python {input.script:q} --repetitions {params.repetitions}"
        " --audit {output.audit:q} > {log:q} 2>&1"


rule plot_claims_audit:
    """How often each rule says *holds*: of controls, of planted effects."""
    input:
        audit="results/{preset}/claims_audit.parquet",
        script=script_file("plot_claims_audit"),
        code=modules("figures/style", "figures/claims_audit"),
    output:
        pdf="results/{preset}/figures/claims_audit.pdf",
        png=report(
            "results/{preset}/figures/claims_audit.png",
            caption="../report/claims_audit.rst",
            category="Claims",
            labels={"page": "audit"},
        ),
    log:
        "results/{preset}/logs/plot_claims_audit.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --audit {input.audit:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"
