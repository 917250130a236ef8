"""Figures of a user's own: functions registered by an extension, whose arguments are tables."""


wildcard_constraints:
    figure="|".join(own_figures()) or "(?!)",


rule plot_own:
    """What a user's own function makes of the tables."""
    input:
        unpack(figure_tables),
    output:
        pdf=f"{FIGURES}_{{figure}}.pdf",
        png=report(
            f"{FIGURES}_{{figure}}.png",
            category="{experiment}",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{LOGS}/plot_{{figure}}.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(needs.table_memory),
    params:
        **params_of("plot_own"),
    script:
        "../scripts/plot_own.py"
