"""Figure: how the U-Net's bottleneck arranges real and generated pictures."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirage.figures import style

PANELS = {"pca": ("PCA", "component"), "tsne": ("t-SNE", "axis")}
MARKERS = {"real": "o", "generated": "x"}

# Pictures of shapes by their squares: what is hallucinated should lie between the others.
BETWEEN = "two squares"
SQUARE_COLOURS = {
    "one square high": "#56B4E9",
    BETWEEN: style.TYPE_COLOURS["duplicate"],
    "one square low": "#332288",
}


@style.theme()
def draw(embedding: pd.DataFrame, t: int) -> Figure:
    """Activations by PCA and by t-SNE: colour is the group, the marker tells the source.

    Args:
        embedding: table EMBEDDING.
        t: the time whose noise the pictures were given.
    """
    figure = style.figure(style.PAGE, 3.7)
    colours = _colours(embedding["group"])
    for axes, (name, (method, axis)) in zip(figure.subplots(1, 2), PANELS.items(), strict=True):
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
    return figure


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
