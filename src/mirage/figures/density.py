"""Figure: the density of 1D samples."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style


@style.theme()
def draw(histogram: pd.DataFrame) -> Figure:
    """1D samples as a histogram on a log scale, over the true density: bridges show.

    Args:
        histogram: table HISTOGRAM, its bins in order and touching.
    """
    figure = style.figure(style.PAGE, 2.4)
    axes = figure.subplots()
    n = int(histogram["count"].sum())
    axes.set(
        xlabel="Sample $x$ (data units)",
        ylabel="Density (per data unit)",
        title=f"n = {n:,} samples",
    )
    if n == 0:
        style.say(axes, "No sample lies in the range of the histogram.")
        return figure

    edges = np.append(histogram["left"], histogram["right"].iloc[-1])
    filled = histogram[histogram["count"] > 0]
    one_sample = (filled["density"] / filled["count"]).min()
    axes.stairs(
        histogram["density"],
        edges,
        baseline=one_sample / 2,
        fill=True,
        color=style.LABEL_COLOURS["valid"],
        label="samples",
    )
    axes.plot(
        (histogram["left"] + histogram["right"]) / 2,
        histogram["true_density"].where(histogram["true_density"] >= one_sample / 2),
        color=style.INK,
        linewidth=0.9,
        label="true density",
    )
    top = max(histogram["density"].max(), histogram["true_density"].max())
    axes.set(yscale="log", xlim=(edges[0], edges[-1]), ylim=(one_sample / 2, 3 * top))
    style.legend(figure, axes, columns=2)
    return figure
