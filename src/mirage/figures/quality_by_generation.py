"""Figure: the quality of generated pictures as models train on their own samples."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.figures.rate_by_generation import describe, draw_generations

PANELS = {"fid": "FID ({network})", "precision": "Precision", "recall": "Recall"}


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """FID, precision and recall by generation, one line per filter, over real pictures' own.

    metrics: table METRICS of one experiment, of one or more seeds. With one seed, bars
    are 95 % intervals; with more, thin lines are seeds and thick ones their mean.
    """
    figure = style.figure(style.PAGE, 2.6)
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
        figure.suptitle(describe(shown))
        style.legend(figure, panels[0], columns=5)
    return figure
