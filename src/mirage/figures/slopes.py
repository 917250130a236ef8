"""Figure: the slope of the score between two modes, and the bridge between them."""

import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.metrics.relation import relation


@style.theme()
def draw(followed: pd.DataFrame) -> Figure:
    """A pair's hallucination rate against its slope ratio over training, by noise level.

    followed: table FOLLOWED of one experiment, of one or more seeds. One point is one pair
    of nearest neighbours after some updates.
    """
    fractions = sorted(followed["noise_fraction"].unique())
    figure = style.figure(style.PAGE, 2.9)
    panels = figure.subplots(1, len(fractions), squeeze=False, sharey=True)[0]
    norm = Normalize(0, followed["update"].max())
    for axes, fraction in zip(panels, fractions, strict=True):
        rows = followed[followed["noise_fraction"] == fraction]
        points = axes.scatter(
            rows["ratio"],
            100 * rows["hits"] / rows["n"],
            c=rows["update"],
            norm=norm,
            cmap=style.SEQUENCE,
            s=4,
            linewidths=0,
            rasterized=True,
        )
        fits = [relation(cell)["r_squared"] for _, cell in rows.groupby("seed")]
        mean = pd.Series(fits).mean()
        said = "undefined" if pd.isna(mean) else f"{mean:.2f}"
        axes.set_title(f"noise: {fraction:g} half spacings\n(t = {rows['t'].iloc[0]}), R² {said}")
        axes.set_xlabel("Slope at the midpoint,\nlearned over true")
    panels[0].set_ylabel("Samples on the pair's bridge (%)")
    figure.colorbar(points, ax=panels, label="Updates")
    seeds = style.seeds(followed["seed"].nunique())
    pairs = followed.groupby(["first", "second"]).ngroups
    figure.suptitle(f"{pairs} pairs, n = {style.span(followed['n'])} samples, {seeds}")
    return figure
