"""Figure: how the U-Net's bottleneck arranges real and generated pictures."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirage.figures import style
from mirage.metrics.between import LEAST, MIDDLE, OFF_LINE, SHARE, lies_between

PANELS = {"pca": ("PCA", "component"), "tsne": ("t-SNE", "axis")}
MARKERS = {"real": "o", "generated": "x"}

# Pictures of shapes by their squares: what is hallucinated should lie between the others.
BETWEEN = "two squares"
SQUARE_COLOURS = {
    "one square high": "#56B4E9",
    BETWEEN: style.TYPE_COLOURS["duplicate"],
    "one square low": "#332288",
    "no square": "#999999",
}


@style.theme()
def draw(embedding: pd.DataFrame, between: pd.DataFrame, t: int) -> Figure:
    """Activations by PCA and by t-SNE: colour is the group, the marker tells the source.

    Where there are groups by squares, their places along the line that joins two of them are
    shown below, with what is measured of the group between.

    Args:
        embedding: table EMBEDDING.
        between: table BETWEEN; without rows where there are no such groups.
        t: the time whose noise the pictures were given.
    """
    figure = style.figure(style.PAGE, 3.7 if between.empty else 5.9)
    colours = _colours(embedding["group"])
    planes, *rest = figure.subfigures(1 if between.empty else 2, 1, squeeze=False)[:, 0]
    for axes, (name, (method, axis)) in zip(planes.subplots(1, 2), PANELS.items(), strict=True):
        _scatter(axes, embedding, name, colours)
        axes.set(title=method, xlabel=f"{method} {axis} 1", ylabel=f"{method} {axis} 2")
        axes.set(xticks=[], yticks=[])
    numbers = embedding["source"].value_counts()
    counts = ", ".join(f"{numbers.get(source, 0):,} {source}" for source in MARKERS)
    title = f"Bottleneck of the U-Net at $t$ = {t}, n = {counts} pictures"
    groups = embedding["group"].value_counts().reindex(list(colours), fill_value=0)
    if groups.get(BETWEEN) == 0:
        title += f"; there is none with {BETWEEN}"
    figure.suptitle(title)
    _legend(figure, colours, groups)
    for part in rest:
        _line(part.subplots(1, 2, sharex=True, sharey=True), embedding, between, colours)
    return figure


def _line(
    panels: np.ndarray, embedding: pd.DataFrame, between: pd.DataFrame, colours: dict
) -> None:
    """Where pictures lie along the line in the full space, a panel for each source of the ends."""
    names = list(colours)
    heights = embedding["group"].map(names.index)
    apart = np.random.default_rng(0).uniform(-0.3, 0.3, len(embedding))  # to see each of many
    for axes, source in zip(panels, MARKERS, strict=True):
        rows = (embedding["source"] == source) & embedding["position"].notna()
        axes.scatter(
            embedding.loc[rows, "position"],
            (heights + apart)[rows],
            c=list(embedding.loc[rows, "group"].map(colours)),
            marker=MARKERS[source],
            s=9,
            linewidths=0.7 if MARKERS[source] == "x" else 0,
            alpha=0.8,
        )
        axes.axvspan(*MIDDLE, color="0.93", zorder=0)
        axes.set_yticks(range(len(names)), names)
        axes.set_title(_verdict(between[between["source"] == source], source), fontsize=7)
        axes.set_xlabel("place on the line of the means, in all features")
    panels[0].invert_yaxis()


def _verdict(measured: pd.DataFrame, source: str) -> str:
    """What is measured of two squares against the pictures of a source, in words."""
    row = measured.set_index("metric")
    if measured["value"].isna().all():
        return f"ends {source}: fewer than {LEAST} pictures of a group"
    share, off = row.loc[SHARE], row.loc[OFF_LINE]
    return (
        f"ends {source}: {'between' if lies_between(measured) else 'not between'}\n"
        f"in the middle {100 * share['value']:.0f} %, of either end at most "
        f"{100 * share['floor']:.0f} % (p {share['p']:.1g})\n"
        f"off the line {off['value']:.2f} ({off['low']:.2f} to {off['high']:.2f}), no square: 1"
    )


def _scatter(axes: Axes, embedding: pd.DataFrame, name: str, colours: dict) -> None:
    for source, marker in MARKERS.items():
        rows = embedding[embedding["source"] == source]
        axes.scatter(
            rows[f"{name}0"],
            rows[f"{name}1"],
            c=list(rows["group"].map(colours)),
            marker=marker,
            s=9,
            linewidths=0.7 if marker == "x" else 0,
            alpha=0.8,
        )


def _colours(groups: pd.Series) -> dict[str, Any]:
    """A colour for each group, in the order of their names; up to ten differ to every eye.

    Groups by squares have fixed colours, whether there are any of each or not.
    """
    if set(groups) <= set(SQUARE_COLOURS):
        return SQUARE_COLOURS
    names = sorted(groups.unique(), key=lambda name: (len(name) if name.isdigit() else 0, name))
    kind = ("colorblind",) if len(names) <= 10 else ("husl", len(names))
    return dict(zip(names, sns.color_palette(*kind), strict=False))


def _legend(figure: Figure, colours: dict, counts: pd.Series) -> None:
    groups = [
        Line2D([], [], linestyle="", marker="s", color=colour, label=f"{name} ({counts[name]:,})")
        for name, colour in colours.items()
        if name not in MARKERS
    ]
    sources = [
        Line2D([], [], linestyle="", marker=marker, color=colours.get(name, style.INK), label=name)
        for name, marker in MARKERS.items()
    ]
    figure.legend(handles=sources + groups, loc="outside lower center", ncols=6)
