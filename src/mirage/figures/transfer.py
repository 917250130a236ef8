"""Figure: whether a threshold holds on other seeds and on later generations."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style

OWN, OTHER = "its own seed", "another seed"


@style.theme()
def draw(transfer: pd.DataFrame) -> Figure:
    """Hallucinations found and valid samples kept, by generation that a threshold is used on.

    transfer: table TRANSFER of one experiment.
    """
    places = transfer[["generation", "filter"]].drop_duplicates()
    places = places.sort_values(["filter", "generation"], kind="stable")
    places = sorted(map(tuple, places.to_numpy()), key=lambda place: (place[0] > 0, place[1]))
    figure = style.figure(style.PAGE, 3.1)
    panels = figure.subplots(1, 2, sharex=True)
    kinds = ((OWN, "o", style.INK, -0.1), (OTHER, "s", style.FILTER_COLOURS["hal"], 0.1))
    for axes, name, words, goal in (
        (panels[0], "sensitivity", "Hallucinations found", 0.95),
        (panels[1], "specificity", "Valid samples kept", None),
    ):
        for kind, marker, colour, offset in kinds:
            rows = transfer[(transfer["from_seed"] == transfer["seed"]) == (kind == OWN)]
            if rows.empty:
                continue
            rows = rows.assign(value=rows[name], low=rows[f"{name}_low"])
            rows = rows.assign(high=rows[f"{name}_high"])
            at = [
                places.index(place) + offset
                for place in zip(rows["generation"], rows["filter"], strict=True)
            ]
            axes.errorbar(
                at,
                rows["value"],
                yerr=style.interval(rows),
                fmt=marker,
                markersize=3,
                color=colour,
                capsize=2,
                label=f"threshold from {kind}",
            )
        if goal:
            axes.axhline(goal, color=style.QUIET, linewidth=0.7, linestyle=":")
        words_of = [f"{name}\n{generation}" for generation, name in places]
        axes.set_xticks(range(len(places)), words_of)
        axes.set(xlabel="Filter and generation", ylabel=words)
        axes.set_xlim(-0.5, len(places) - 0.5)
    style.legend(figure, panels[0], columns=2)
    detector, first, last = transfer[["detector", "first", "last"]].iloc[0]
    figure.suptitle(
        f"{style.word(detector)} over the {style.window_words(first, last)}, "
        f"n = {style.span(transfer['hallucinated'])} hallucinated samples"
    )
    return figure
