"""Figure: how often each bridge is taken, by the weights of the modes that it joins."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import levels, style

PLACE = ["level", "segment", "lighter_weight", "heavier_weight"]


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Share of samples on each bridge against the lighter mode's weight: of all samples, and over
    the weights of the two modes together.

    metrics: table SWEEP of one experiment, of one or more seeds. Bars are 95 % intervals: over
    samples (Wilson) where there is one seed, else over seeds (Student's t).
    """
    rows = metrics[(metrics["factor"] == "imbalance") & (metrics["metric"] == "segment_rate")]
    rows = levels.alone(rows)
    figure = style.figure(style.PAGE, 3.0)
    left, right = figure.subplots(1, 2)
    for level, colour, marker in zip(
        levels.ordered(rows), levels.COLOURS, levels.MARKERS, strict=False
    ):
        mean = levels.over_seeds(rows[rows["level"] == level], PLACE)
        together = mean["lighter_weight"] + mean["heavier_weight"]
        look = {"color": colour, "marker": marker, "linestyle": "none", "markersize": 3}
        look |= {"elinewidth": 0.6, "capsize": 0}
        for axes, over in ((left, 1.0), (right, together)):
            scaled = mean.assign(**{k: mean[k] / over for k in ("value", "low", "high")})
            levels.points(axes, mean["lighter_weight"], scaled, 100, label=level, **look)
    for axes, words in (
        (left, "% of all samples"),
        (right, "% of the weight\nof the two modes it joins"),
    ):
        axes.set(xscale="log", xlabel="Weight of the lighter mode", ylim=(0, None))
        axes.set_ylabel(f"On a bridge, {words}")
        axes.xaxis.set_major_formatter("{x:g}")
    style.legend(figure, left, columns=3).set_title("heaviest over lightest mode")
    bridges, seeds = rows["segment"].nunique(), style.seeds(rows["seed"].nunique())
    figure.suptitle(f"{bridges} bridges, n = {style.span(rows['n'])} samples a model, {seeds}")
    return figure
