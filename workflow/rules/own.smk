"""Figures of a user's own: functions registered by an extension, whose arguments are tables."""

from mirage.figures.own import OF_SHOWN, arguments
from mirage.registry import FIGURES as REGISTERED


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


def figure_options(wildcards, input) -> str:
    """`--table NAME FILE...` for each of `figure_tables`."""
    given = {
        name: [input[name]] if isinstance(input[name], str) else input[name]
        for name in figure_tables(wildcards)
    }
    return " ".join(f"--table {shlex.join([name, *files])}" for name, files in given.items())


wildcard_constraints:
    figure="|".join(own_figures()) or "(?!)",
