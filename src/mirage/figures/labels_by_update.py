"""Figure: how often each label is drawn along a training."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import levels, style
from mirage.metrics.rows import rate


@style.theme()
def draw(followed: pd.DataFrame, independent_blanks: float | None = None) -> Figure:
    """Share of each label by updates, in percent, with 95 % Wilson intervals.

    Args:
        followed: table FOLLOWED_LABELS of one training;
            a label that an update lacks was drawn never there.
        independent_blanks: the share of blank pictures that columns drawn without a look at
            each other would give; None where nothing can be blank.
    """
    figure = style.figure(style.PAGE, 3.2)
    axes = figure.subplots()
    updates = sorted(followed["update"].unique())
    never = rate("", 0, int(followed["n"].min()))
    for label, colour in _colours(followed["label"]).items():
        rows = followed[followed["label"] == label].set_index("update").reindex(updates)
        rows = rows.fillna({"value": 0.0, "low": 0.0, "high": never.high})
        axes.errorbar(
            updates,
            100 * rows["value"],
            yerr=style.interval(rows, scale=100),
            color=colour,
            marker="o",
            capsize=2,
            elinewidth=0.7,
            label=style.word(label),
        )
    if independent_blanks is not None:
        axes.axhline(
            100 * independent_blanks,
            color=style.TYPE_COLOURS["blank"],
            linestyle=":",
            label=f"blanks of independent columns: {style.percent(independent_blanks)}",
        )
    axes.set(xlabel="Updates", ylabel="Samples of this label (%)")
    levels.percent_axis(axes, 0, 100)
    axes.set_title(f"n = {style.span(followed['n'])} samples after each, the same noise, 1 seed")
    figure.legend(*style.entries(axes), loc="outside lower center", ncols=4)
    return figure


def _colours(labels: pd.Series) -> dict[str, str]:
    """Of each label that there is, known ones in their own order."""
    known = style.TYPE_COLOURS | style.LABEL_COLOURS
    found = [label for label in known if (labels == label).any()]
    others = sorted(set(labels) - set(found))
    more = dict(zip(others, style.OTHER_COLOURS * len(others), strict=False))
    return {label: known[label] for label in found} | more
