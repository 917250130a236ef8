# Figures of studies; like all figures, they read tables only.


rule plot_causes:
    """Sampler, finite data and network, each in its part."""
    input:
        causes=f"{RESULTS}/causes.parquet",
        script=script_file("plot_causes"),
        code=modules("figures/style", "figures/causes"),
    output:
        pdf=f"{FIGURES}_causes.pdf",
        png=report(
            f"{FIGURES}_causes.png",
            caption="../report/causes.rst",
            category="{experiment}",
            labels={"figure": "causes"},
        ),
    log:
        f"{LOGS}/plot_causes.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --causes {input.causes:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_score:
    """Where the learned score is smoother than the true one."""
    input:
        lines=f"{SHOWN}/score/lines.parquet",
        script=script_file("plot_score"),
        code=modules("figures/style", "figures/score"),
    output:
        pdf=f"{FIGURES}_score.pdf",
        png=report(
            f"{FIGURES}_score.png",
            caption="../report/score.rst",
            category="{experiment}",
            labels={"figure": "score"},
        ),
    log:
        f"{LOGS}/plot_score.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --lines {input.lines:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_score_field:
    """The same in the plane."""
    input:
        field=f"{SHOWN}/score/field.parquet",
        script=script_file("plot_score_field"),
        code=modules("figures/style", "figures/score_field"),
    output:
        pdf=f"{FIGURES}_score_field.pdf",
        png=report(
            f"{FIGURES}_score_field.png",
            caption="../report/score_field.rst",
            category="{experiment}",
            labels={"figure": "score field"},
        ),
    log:
        f"{LOGS}/plot_score_field.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --field {input.field:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_slopes:
    """Whether a smooth score goes with bridges."""
    input:
        slopes=every_seed("score/followed.parquet"),
        script=script_file("plot_slopes"),
        code=modules("figures/style", "figures/slopes", "metrics/relation"),
    output:
        pdf=f"{FIGURES}_slopes.pdf",
        png=report(
            f"{FIGURES}_slopes.png",
            caption="../report/slopes.rst",
            category="{experiment}",
            labels={"figure": "slopes"},
        ),
    log:
        f"{LOGS}/plot_slopes.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --slopes {input.slopes:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_sweeps:
    """What drives the rate, one factor at a time."""
    input:
        metrics=lambda wildcards: sweep_files(wildcards.experiment),
        script=script_file("plot_sweeps"),
        code=modules("figures/style", "figures/sweeps"),
    output:
        pdf=f"{FIGURES}_sweeps.pdf",
        png=report(
            f"{FIGURES}_sweeps.png",
            caption="../report/sweeps.rst",
            category="{experiment}",
            labels={"figure": "sweeps"},
        ),
    log:
        f"{LOGS}/plot_sweeps.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --metrics {input.metrics:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_windows:
    """Whether the best window can be told beforehand."""
    input:
        metrics=lambda wildcards: sweep_files(wildcards.experiment),
        script=script_file("plot_windows"),
        code=modules("figures/style", "figures/windows"),
    output:
        pdf=f"{FIGURES}_windows.pdf",
        png=report(
            f"{FIGURES}_windows.png",
            caption="../report/windows.rst",
            category="{experiment}",
            labels={"figure": "windows"},
        ),
    log:
        f"{LOGS}/plot_windows.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --metrics {input.metrics:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_bridges:
    """In which direction far samples are, against the same samples turned."""
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        script=script_file("plot_bridges"),
        code=modules("figures/style", "figures/bridges"),
    output:
        pdf=f"{FIGURES}_bridges.pdf",
        png=report(
            f"{FIGURES}_bridges.png",
            caption="../report/bridges.rst",
            category="{experiment}",
            labels={"figure": "bridges"},
        ),
    log:
        f"{LOGS}/plot_bridges.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --metrics {input.metrics:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_transfer:
    """Whether a threshold holds on other seeds and generations."""
    input:
        transfer=f"{RESULTS}/transfer.parquet",
        script=script_file("plot_transfer"),
        code=modules("figures/style", "figures/transfer"),
    output:
        pdf=f"{FIGURES}_transfer.pdf",
        png=report(
            f"{FIGURES}_transfer.png",
            caption="../report/transfer.rst",
            category="{experiment}",
            labels={"figure": "transfer"},
        ),
    log:
        f"{LOGS}/plot_transfer.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q} --transfer {input.transfer:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"
