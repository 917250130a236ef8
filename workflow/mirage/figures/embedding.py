"""Figure: how the U-Net's bottleneck arranges real and generated pictures."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirage.figures import style

PANELS = {"pca": ("PCA", "component"), "tsne": ("t-SNE", "axis")}
MARKERS = {"real": "o", "generated": "x"}


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
    figure.suptitle(f"Bottleneck of the U-Net at $t$ = {t}, n = {counts} pictures")
    _legend(figure, colours)
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


def _colours(groups: pd.Series) -> dict[str, tuple]:
    """A colour for each group, in the order of their names; up to ten differ to every eye."""
    names = sorted(groups.unique(), key=lambda name: (len(name) if name.isdigit() else 0, name))
    kind = ("colorblind",) if len(names) <= 10 else ("husl", len(names))
    return dict(zip(names, sns.color_palette(*kind), strict=False))


def _legend(figure: Figure, colours: dict) -> None:
    groups = [
        Line2D([], [], linestyle="", marker="s", color=colour, label=name)
        for name, colour in colours.items()
        if name not in MARKERS
    ]
    sources = [
        Line2D([], [], linestyle="", marker=marker, color=colours.get(name, style.INK), label=name)
        for name, marker in MARKERS.items()
    ]
    figure.legend(handles=sources + groups, loc="outside lower center", ncols=6)
