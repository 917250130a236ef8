"""The rules of the ledger, tried on models that are known."""


rule audit_claims:
    """A verdict is worth no more than the rule that it comes from."""
    output:
        audit="results/{preset}/claims_audit.parquet",
    log:
        "results/{preset}/logs/audit_claims.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        **params_of(
            "audit_claims",
            repetitions=SETTINGS.audit_repetitions,
            alphas=CLAIMS.alphas,
        ),
    script:
        "../scripts/audit_claims.py"


rule plot_claims_audit:
    """How often each rule says *holds*: of controls, of planted effects."""
    input:
        audit="results/{preset}/claims_audit.parquet",
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
    params:
        **params_of("plot_claims_audit"),
    script:
        "../scripts/plot_claims_audit.py"
