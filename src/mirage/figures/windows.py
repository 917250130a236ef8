"""Figure: the window that noise and spacing predict, against the best in hindsight."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Length of the predicted and of the best window; AUROC of both on the test half.

    metrics: table SWEEP of one experiment, of one or more seeds: one point a small model.
    """
    figure = style.figure(style.PAGE, 3.0)
    left, right = figure.subplots(1, 2)
    rows = metrics[metrics["metric"].isin(["window_steps", "window_auroc"])]
    second = ["second_factor", "second_level"]
    models = rows.fillna(dict.fromkeys(second, "")).pivot(
        index=["seed", "factor", "level", *second], columns=["metric", "choice"], values="value"
    )
    # The base stands at one level of many factors: once is enough.
    models = models.dropna().drop_duplicates()
    for axes, metric, words in (
        (left, "window_steps", "Window (reverse steps)"),
        (right, "window_auroc", "AUROC on the test half"),
    ):
        rows = models[metric]
        axes.set(xlabel=f"{words}, predicted", ylabel=f"{words}, best")
        if rows.empty:
            style.say(axes, "Undefined: every sample is of one class.")
            continue
        axes.scatter(
            rows["predicted"], rows["best"], s=12, color=style.FILTER_COLOURS["hal"], alpha=0.6
        )
        low, high = min(rows.min()), max(rows.max())
        axes.plot([low, high], [low, high], color=style.QUIET, linewidth=0.7, linestyle=":")
        axes.set_aspect("equal", "datalim")
    seeds = style.seeds(metrics["seed"].nunique())
    figure.suptitle(f"{len(models)} small models, {seeds}; best on the calibration half")
    return figure
