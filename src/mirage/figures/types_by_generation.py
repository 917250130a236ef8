"""Figure: each type of hallucinated picture as models train on their own samples."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style
from mirage.figures.rate_by_generation import describe, draw_generations
from mirage.metrics.shapes import CLEAR_COMBINATION

SHOWN = [*(name for name in style.TYPE_COLOURS if name != "valid"), CLEAR_COMBINATION]
COLUMNS = 3


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Share of each type of hallucination, and of clear wrong combinations, in percent.

    By generation, one line per filter. Clear ones are a share of the pictures that are clear.

    metrics: table METRICS of one experiment, of one or more seeds. Of a filter with one seed bars
    are 95 % intervals; with more, thin lines are seeds and thick ones their mean.
    """
    figure = style.figure(style.PAGE, 4.5)
    panels = list(figure.subplots(2, COLUMNS, sharex=True).flat)
    rates = metrics[(metrics["metric"] == "label_rate") & metrics["label"].isin(SHOWN)]
    for axes, name in zip(panels, SHOWN, strict=True):
        rows = rates[rates["label"] == name]
        draw_generations(axes, rows, "false alarms on true pictures", scale=100)
        axes.set_title(style.word(name))
        axes.set_ylim(bottom=-0.02 * axes.get_ylim()[1])
    for axes in panels[COLUMNS:]:
        axes.set_xlabel("Generation")
    figure.supylabel("Pictures of this type (%)")
    if not rates.empty:
        figure.suptitle(describe(rates[rates["label"] != CLEAR_COMBINATION]))
        figure.legend(*style.entries(panels[0]), loc="outside lower center", ncols=4)
    return figure
