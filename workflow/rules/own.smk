"""Figures of a user's own: functions registered by an extension, whose arguments are tables."""

from mirage.figures.own import OF_SHOWN, arguments


def own_figures() -> list[str]:
    """The figures of a user's own that experiments of this run name."""
    return sorted({name for options in EXPERIMENTS.values() for name in options.figures})


def figure_tables(wildcards) -> dict[str, list[str]]:
    """The tables that a figure asks for, by its arguments."""
    here, files = f"{SHOWN}/gen0", {}
    for name in arguments(wildcards.figure):
        if name in ("samples", "scores"):
            files[name] = shards(wildcards.experiment, f"{here}/{name}")
        elif name in OF_SHOWN:
            files[name] = [f"{here}/{name}.parquet"]
        else:
            files[name] = [f"{RESULTS}/{name}.parquet"]
    return files


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
