"""Figure: where a network of shapes goes wrong, held against a perfect model."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.metrics.rows import rate

MODELS = {
    "network": ("the network's error", style.FILTER_COLOURS["hal"]),
    "uncoupled": ("what coupling tells", style.TYPE_COLOURS["blank"]),
}
LEAST = 1e-6
"""Distances below are those of rounding."""
LINEAR = 0.1
"""Percent below which the axis of shares is linear, so that it has a zero."""


@style.theme()
def draw(predictions: pd.DataFrame, handed_over: pd.DataFrame) -> Figure:
    """Distance of x0_hat from a perfect model's by time; labels by the time of handing over.

    Args:
        predictions: table PREDICTIONS of one experiment, of one or more seeds. Thin lines are
            seeds, the thick one is their mean.
        handed_over: table HANDED_OVER of the same. Marks are shares of all seeds' pictures
            with 95 % Wilson intervals; dotted, blanks of a walk by independent columns alone.
    """
    figure = style.figure(style.PAGE, 3.4)
    errors, shares = figure.subplots(1, 2)
    for model, (words, colour) in MODELS.items():
        rows = predictions[predictions["model"] == model]
        for _, seed in rows.groupby("seed"):
            errors.plot(seed["t"], seed["value"], color=colour, linewidth=0.6, alpha=0.6)
        mean = rows.groupby("t")["value"].mean()
        errors.plot(mean.index, mean, color=colour, linewidth=1.6, label=words)
    errors.set(
        xlabel="$t$",
        ylabel=r"Squared distance of $\hat{x}_0$ from the perfect one",
        yscale="log",
        title=f"n = {style.span(predictions['n'])} true pictures",
    )
    errors.set_ylim(bottom=LEAST)
    errors.legend()
    _by_handover(shares, handed_over)
    figure.suptitle(f"{style.seeds(predictions['seed'].nunique())}, the same noise for all walks")
    figure.legend(*style.entries(shares), loc="outside lower center", ncols=4)
    return figure


def _by_handover(axes: Axes, handed_over: pd.DataFrame) -> None:
    drawn = pooled(handed_over)
    exact = drawn[drawn["first"] == "exact"]
    times = sorted(exact["t"].unique())
    for label, colour in style.TYPE_COLOURS.items():
        rows = exact[exact["label"] == label].set_index("t").reindex(times)
        if label == "valid" or not rows["hits"].any():
            continue
        never = rate(label, 0, int(exact["n"].min()))
        rows = rows.fillna({"value": 0.0, "low": 0.0, "high": never.high})
        axes.errorbar(
            range(len(times)),
            100 * rows["value"],
            yerr=style.interval(rows, scale=100),
            color=colour,
            marker="o",
            capsize=2,
            elinewidth=0.7,
            label=style.word(label),
        )
    blank = drawn[(drawn["first"] == "uncoupled") & (drawn["label"] == "blank")]
    if not blank.empty:
        share = float(blank["value"].iloc[0])
        axes.axhline(
            100 * share,
            color=style.TYPE_COLOURS["blank"],
            linestyle=":",
            label=f"blanks of independent columns: {style.percent(share)}",
        )
    words = ["never", *(f"{t}" for t in times[1:-1]), "all"]
    axes.set_xticks(range(len(times)), words)
    axes.set_yscale("symlog", linthresh=LINEAR)
    axes.set(
        xlabel="$t$ from which on the network walks",
        ylabel="Pictures of this type (%)",
        ylim=(0, 100),
        title=f"n = {style.span(drawn['n'])} generated each",
    )
    axes.yaxis.set_major_formatter("{x:g}")


def pooled(handed_over: pd.DataFrame) -> pd.DataFrame:
    """Labels of the pictures of all seeds: `first`, `t`, `label`, `hits`, `n`, and the share's
    `value`, `low`, `high`."""
    walks = ["first", "t"]
    seeds = handed_over.drop_duplicates([*walks, "seed"]).groupby(walks)["n"].sum()
    hits = handed_over.groupby([*walks, "label"])["hits"].sum().reset_index()
    rows = hits.join(seeds, on=walks)
    found = [rate("", *counts) for counts in zip(rows["hits"], rows["n"], strict=True)]
    return rows.assign(
        value=[row.value for row in found],
        low=[row.low for row in found],
        high=[row.high for row in found],
    )
