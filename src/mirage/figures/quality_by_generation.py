"""Figure: the quality of generated pictures as models train on their own samples."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.figures.rate_by_generation import describe, draw_generations
from mirage.metrics.collapse import collapse

PANELS = {
    "fid": "FID ({network})",
    "precision": "Precision",
    "recall": "Recall",
    "coverage": "Coverage",
}


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """FID, precision, recall and coverage by generation, one line per filter, over their floors.

    Above stands in which generation collapse shows, filter by filter.

    metrics: table METRICS of one experiment, of one or more seeds. With one seed, bars
    are 95 % intervals; with more, thin lines are seeds and thick ones their mean.
    """
    figure = style.figure(style.PAGE, 2.8)
    panels = figure.subplots(1, len(PANELS), sharex=True)
    for axes, (metric, words) in zip(panels, PANELS.items(), strict=True):
        rows = metrics[metrics["metric"] == metric]
        draw_generations(axes, rows, "held-out real pictures")
        network = " and ".join(rows["network"].unique())
        axes.set(xlabel="Generation", ylabel=words.format(network=network))
        if metric == "fid":
            axes.set_ylim(bottom=0)
    shown = metrics[metrics["metric"].isin(PANELS)]
    if not shown.empty:
        figure.suptitle("\n".join([describe(shown), *collapses(metrics)]))
        style.legend(figure, panels[0], columns=5)
    return figure


def collapses(metrics: pd.DataFrame) -> list[str]:
    """In which generation collapse shows, in a line; none where there is one generation."""
    later = metrics.loc[(metrics["metric"] == "fid") & (metrics["generation"] > 0), "filter"]
    words = []
    for name in style.filter_styles(later):
        shown, last = collapse(metrics, name)
        when = f"up to generation {last}: none" if shown is None else f"from generation {shown} on"
        words.append(f"{style.word(name)} {when}")
    return [f"FID above generation 0 in every seed: {'; '.join(words)}"] if words else []
