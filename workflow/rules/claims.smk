# The ledger: every claim, its number, and what is to be made of it.


rule decide_claims:
    """Claims are decided by rule, before anyone sees the numbers."""
    input:
        tables=[file for _, _, file in claim_tables()],
        script=script_file("decide_claims"),
        code=modules(
            "claims",
            "findings",
            "config/claims",
            "config/statistics",
            "metrics/existence",
            "metrics/magnitude",
            "metrics/verdicts",
            "frames",
            "tables",
        ),
    output:
        ledger="results/{preset}/claims.parquet",
    log:
        "results/{preset}/logs/decide_claims.log",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        claims=claims_json,
        tables=claim_options,
    shell:
        "python {input.script:q} --claims {params.claims:q} {params.tables}"
        " --ledger {output.ledger:q} > {log:q} 2>&1"


rule write_claims:
    """The ledger is the report's first page, and a table to quote from."""
    input:
        ledger="results/{preset}/claims.parquet",
        script=script_file("write_claims"),
        code=modules("figures/ledger"),
    output:
        html=report(
            "results/{preset}/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"page": "ledger"},
        ),
        markdown="results/{preset}/claims.md",
    log:
        "results/{preset}/logs/write_claims.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --ledger {input.ledger:q}"
        " --html {output.html:q} --markdown {output.markdown:q} > {log:q} 2>&1"
