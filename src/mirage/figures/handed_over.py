"""Figure: at which times a network of shapes goes wrong."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import levels, style
from mirage.metrics.rates import pooled


@style.theme()
def draw(handed_over: pd.DataFrame) -> Figure:
    """Share of each type, in percent, by the time at which a perfect model hands its walk over.

    handed_over: table HANDED_OVER of one experiment, of one or more seeds. Lines are shares of
    all seeds' pictures with 95 % Wilson intervals, dashes those of each seed.
    """
    figure = style.figure(style.PAGE, 3.6)
    axes = figure.subplots()
    drawn, seeds = pooled(handed_over), handed_over["seed"].nunique()
    for then, label in _lines(drawn):
        colour, dotted = style.TYPE_COLOURS[label], then == "uncoupled"
        rows = drawn[(drawn["then"] == then) & (drawn["label"] == label)]
        axes.errorbar(
            rows["t"],
            100 * rows["value"],
            yerr=style.interval(rows, scale=100),
            color=colour,
            linestyle=":" if dotted else "-",
            marker="s" if dotted else "o",
            markersize=4,
            capsize=2,
            elinewidth=0.7,
            label=f"{style.word(label)}, {'no coupling' if dotted else 'the network'}",
        )
        if seeds > 1:
            each = handed_over[(handed_over["then"] == then) & (handed_over["label"] == label)]
            axes.plot(each["t"], 100 * each["value"], "_", color=colour, alpha=0.6)
    alone = drawn[drawn["then"] == "exact"]
    wrong = alone.loc[alone["label"] != "valid", "hits"].sum()
    axes.set(
        xlabel="$t$ from which on it walks, a perfect model before",
        ylabel="Pictures of this type (%)",
    )
    levels.percent_axis(axes, 0, 100)
    n = f"n = {style.span(drawn['n'])} pictures each, {style.seeds(seeds)}"
    figure.suptitle(f"{n}; by the perfect model alone {wrong} wrong")
    figure.legend(*style.entries(axes), loc="outside lower center", ncols=3)
    return figure


def _lines(drawn: pd.DataFrame) -> list[tuple[str, str]]:
    """Whose share of which label is drawn: the network's errors, and blanks without coupling."""
    made = set(drawn.loc[(drawn["then"] == "network") & (drawn["hits"] > 0), "label"])
    errors = [label for label in style.TYPE_COLOURS if label != "valid" and label in made]
    return [*(("network", label) for label in errors), ("uncoupled", "blank")]
