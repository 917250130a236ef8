"""Figure: whether windows and thresholds hold on samples that they were not found on."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style

OWN, OTHER = "its own seed", "another seed"
KINDS = ((OWN, "o", style.INK, -0.15), (OTHER, "s", style.FILTER_COLOURS["hal"], 0.15))
CHOICES = {"scoring": "ours", "official": "official", "best": "best"}
"""Choices of a window, in words."""
WORTH = {
    "auroc": "AUROC",
    "specificity": "Valid samples kept,\n95 % found elsewhere",
    "recall": "Hallucinations found\nby a discard of 2.44 %",
    "precision": "Hallucinated among\nwhat is discarded",
}
"""What a window is worth in generation 0, in words."""
UNDEFINED = "Undefined:\ntoo few\nhallucinations."


@style.theme()
def draw(transfer: pd.DataFrame) -> Figure:
    """What a threshold finds and keeps, by generation; below, what windows are worth in the first.

    transfer: table TRANSFER of one experiment, of one or more seeds.
    """
    figure = style.figure(style.PAGE, 5.2)
    above, below = figure.subfigures(2, 1)
    scoring = transfer[transfer["choice"] == "scoring"]
    _thresholds(above, scoring)
    own = (transfer["from_seed"] == transfer["seed"]) & (transfer["generation"] == 0)
    _windows(below, transfer[own])
    return figure


def _thresholds(figure: Figure, transfer: pd.DataFrame) -> None:
    """Hallucinations found and valid samples kept, by generation that a threshold is used on."""
    places = transfer[["generation", "filter"]].drop_duplicates()
    places = sorted(map(tuple, places.to_numpy()), key=lambda at: (at[0] > 0, at[1], at[0]))
    panels = figure.subplots(1, 2, sharex=True)
    for axes, name, words in (
        (panels[0], "sensitivity", "Hallucinations found"),
        (panels[1], "specificity", "Valid samples kept"),
    ):
        for kind, marker, colour, offset in KINDS:
            rows = transfer[(transfer["from_seed"] == transfer["seed"]) == (kind == OWN)]
            if len(rows):
                at = [
                    places.index(place) + offset
                    for place in zip(rows["generation"], rows["filter"], strict=True)
                ]
                look = {"fmt": marker, "color": colour, "label": f"threshold from {kind}"}
                _points(axes, at, rows, name, look)
        _say_if_undefined(axes, transfer[name])
        if name == "sensitivity":
            axes.axhline(0.95, color=style.QUIET, linewidth=0.7, linestyle=":")
        axes.set_xticks(range(len(places)), [str(generation) for generation, _ in places])
        _name_groups(axes, [filter for _, filter in places])
        axes.set(xlabel="Generation, by filter", ylabel=words)
        axes.set_xlim(-0.5, len(places) - 0.5)
    figure.legend(*style.entries(panels[0]), loc="outside lower center", ncols=2)
    detector, first, last = transfer[["detector", "first", "last"]].iloc[0]
    figure.suptitle(
        f"{style.word(detector)} over the {style.window_words(first, last)}, "
        f"n = {style.span(transfer['hallucinated'])} hallucinated samples"
    )


def _windows(figure: Figure, own: pd.DataFrame) -> None:
    """AUROC, what is kept, and what a discard is worth, by window, of each seed."""
    choices = [name for name in CHOICES if (own["choice"] == name).any()]
    panels = figure.subplots(1, len(WORTH), sharex=True)
    seeds = sorted(own["seed"].unique())
    for axes, (name, words) in zip(panels, WORTH.items(), strict=True):
        for place, choice in enumerate(choices):
            rows = own[own["choice"] == choice]
            apart = [0.1 * (seeds.index(seed) - (len(seeds) - 1) / 2) for seed in rows["seed"]]
            look = {"fmt": "o", "color": style.INK}
            _points(axes, [place + offset for offset in apart], rows, name, look)
        _say_if_undefined(axes, own[name])
        axes.set_ylabel(words)
        words_of = [_choice_words(own, choice) for choice in choices]
        axes.set_xticks(range(len(choices)), words_of, fontsize=6)
        axes.set_xlim(-0.5, len(choices) - 0.5)
    figure.supxlabel("Window of reverse steps; the best was chosen on other samples")
    figure.suptitle(f"Generation 0, {style.seeds(len(seeds))}")


def _points(axes: Axes, at: list[float], rows: pd.DataFrame, name: str, look: dict) -> None:
    """Values with their bars."""
    rows = rows.assign(value=rows[name], low=rows[f"{name}_low"], high=rows[f"{name}_high"])
    bars = style.interval(rows)
    axes.errorbar(at, rows["value"], yerr=bars, markersize=3, capsize=2, **look)


def _say_if_undefined(axes: Axes, values: pd.Series) -> None:
    if values.isna().all():
        axes.set_ylim(0, 1)
        style.say(axes, UNDEFINED)


def _choice_words(own: pd.DataFrame, choice: str) -> str:
    """`best\\n0-4`; of seeds with other best windows, all of them."""
    rows = own.loc[own["choice"] == choice, ["first", "last"]].drop_duplicates()
    windows = sorted(f"{first}-{last}" for first, last in rows.to_numpy())
    return "\n".join([CHOICES[choice], *windows])


def _name_groups(axes: Axes, filters: list[str]) -> None:
    """The filter below the ticks of its generations."""
    for name in dict.fromkeys(filters):
        middle = filters.index(name) + (filters.count(name) - 1) / 2
        axes.annotate(
            style.word(name),
            (middle, 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -13),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=6,
        )
    axes.xaxis.labelpad = 12
