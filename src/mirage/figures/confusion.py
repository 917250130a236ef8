"""Figure: how far the counter of shapes can be trusted."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from mirage.figures import style

PANELS = {
    ("counter", False): "counter,\nclean pictures",
    ("counter", True): "counter,\ndegraded pictures",
    ("pixel_count", True): "pixel count,\ndegraded",
}


@style.theme()
def draw(audit: pd.DataFrame) -> Figure:
    """Share of each kind of picture, by the label it got: true pictures, planted errors.

    audit: table AUDIT.
    """
    figure = style.figure(style.PAGE, 4.3)
    widths = [_labels(audit, method).size for method, _ in PANELS]
    panels = figure.subplots(1, len(PANELS), sharey=True, width_ratios=widths)
    for axes, ((method, degraded), title) in zip(panels, PANELS.items(), strict=True):
        chosen = audit[(audit["method"] == method) & (audit["degraded"] == degraded)]
        _panel(axes, chosen, _labels(audit, method))
        axes.set_title(title)
    sizes = audit.groupby(audit["pictures"] == "true")["n"].max()
    figure.suptitle(
        f"percent of n = {sizes.get(True, 0):,} true pictures and of "
        f"{sizes.get(False, 0):,} planted errors of each kind; framed: right label"
    )
    return figure


def _labels(audit: pd.DataFrame, method: str) -> np.ndarray:
    return audit.loc[audit["method"] == method, "label"].unique()


def _panel(axes: Axes, rows: pd.DataFrame, labels: np.ndarray) -> None:
    kinds = rows["pictures"].unique()
    shares = rows.pivot(index="pictures", columns="label", values="share").loc[kinds, labels]
    axes.pcolormesh(
        np.ma.masked_equal(shares, 0), norm=LogNorm(1e-5, 3), cmap="Blues", edgecolors="white"
    )
    due = rows.drop_duplicates("pictures").set_index("pictures")["truth"]
    for row, kind in enumerate(kinds):
        for column, label in enumerate(labels):
            share = shares.loc[kind, label]
            if share:
                colour = "white" if share > 0.05 else style.INK
                centre = (column + 0.5, row + 0.5)
                look = {"ha": "center", "va": "center", "color": colour}
                axes.text(*centre, f"{100 * share:.3g}", look, fontsize=6)
            right = label == due[kind] or (label == "invalid" and due[kind] != "valid")
            if right:
                box = [column, column + 1, column + 1, column, column], [row, row, row + 1, row + 1]
                axes.plot(box[0], [*box[1], row], color=style.INK, linewidth=0.9, clip_on=False)
    words = [style.word(label) for label in labels]
    axes.set_xticks(np.arange(len(labels)) + 0.5, words, rotation=45, ha="right")
    axes.set_yticks(np.arange(len(kinds)) + 0.5, [kind.replace("_", " ") for kind in kinds])
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
