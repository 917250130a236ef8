# The ledger: every claim, its number, and what is to be made of it.


rule decide_claims:
    """Claims are decided by rule, before anyone sees the numbers."""
    input:
        tables=[file for _, _, file in claim_tables()],
    output:
        ledger="results/{preset}/claims.parquet",
    log:
        "results/{preset}/logs/decide_claims.log",
    conda:
        "../../envs/analysis.yaml"
    params:
        **params_of("decide_claims", claims=claims_as_stated, kinds=claim_kinds),
    script:
        "../scripts/decide_claims.py"


rule write_claims:
    """The ledger is the report's first page, and a table to quote from."""
    input:
        ledger="results/{preset}/claims.parquet",
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
    params:
        **params_of("write_claims"),
    script:
        "../scripts/write_claims.py"
