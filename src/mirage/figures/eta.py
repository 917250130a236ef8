"""Figure: what the noise of the sampler does to hallucinations, and to telling them by Hal."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import levels, style

CHOICES = {"predicted": "window predicted from noise and spacing", "best": "best window"}
PANELS = {
    "window_auroc": ("AUROC of Hal", 1.0),
    "window_kept": ("Kept of the valid (%),\nat 95 % found", 100.0),
}
APART = 0.08
"""Of the way between two levels: how far both windows stand apart, so that bars are seen."""


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Rate less the true score's own, AUROC and share kept by the noise of DDIM.

    metrics: table SWEEP of one experiment, of one or more seeds. Bars are 95 % intervals: over
    samples where there is one seed, else over seeds (Student's t).
    """
    rows = levels.alone(metrics[metrics["factor"] == "eta"])
    order = levels.ordered(rows)
    figure = style.figure(style.PAGE, 2.8)
    first, *others = figure.subplots(1, 1 + len(PANELS))
    rates = rows[rows["metric"] == "hallucination_rate"]
    mean = levels.over_seeds(rates, ["level"], "excess")
    look = {"color": style.HALLUCINATED, "marker": "o"}
    levels.points(first, mean["level"].map(order.index), mean, 100, **look)
    first.set_ylim(0, None)
    first.set_ylabel("Beyond the threshold,\nless the true score's (%)")
    for axes, (metric, (words, scale)) in zip(others, PANELS.items(), strict=True):
        for choice, colour, marker in zip(CHOICES, levels.COLOURS, levels.MARKERS, strict=False):
            cell = rows[(rows["metric"] == metric) & (rows["choice"] == choice)]
            mean = levels.over_seeds(cell, ["level"])
            at = mean["level"].map(order.index) + APART * (choice == "best")
            look = {"color": colour, "marker": marker}
            levels.points(axes, at, mean, scale, label=CHOICES[choice], **look)
        axes.set_ylim(0, 1.05 * scale)
        axes.set_ylabel(words)
    others[0].axhline(0.5, color=style.QUIET, linewidth=0.7, linestyle=":")
    for axes in (first, *others):
        levels.ticks(axes, order)
        axes.set_xlabel("η of DDIM")
    style.legend(figure, others[0], columns=2)
    seeds = style.seeds(rates["seed"].nunique())
    figure.suptitle(
        f"{style.threshold_words(rates)}; n = {style.span(rates['n'])} samples a point, {seeds}"
    )
    return figure
