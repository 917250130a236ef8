"""Figure: hallucinations, and the width of modes, as models train on their own samples."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mirage.figures import style

SHARED = "shared"
"""The filter named in rows of generation 0, which all filters have in common."""
VARIANCE = "within_mode_variance_ratio"


@style.theme()
def draw(metrics: pd.DataFrame) -> Figure:
    """Hallucinated samples in percent by generation, one line per filter, over the floor.

    Of mixtures the variance within the modes stands beside, over the true one: a line may have
    few hallucinations because its modes have shrunk.

    metrics: table METRICS of one experiment, of one or more seeds. Of a filter with one seed bars
    are 95 % intervals; with more, thin lines are seeds and thick ones their mean.
    """
    rates = metrics[metrics["metric"] == "hallucination_rate"]
    variances = metrics[metrics["metric"] == VARIANCE]
    if variances.empty:
        figure = style.figure(style.COLUMN, 2.9)
        axes = figure.subplots()
    else:
        figure = style.figure(style.PAGE, 3.0)
        axes, beside = figure.subplots(1, 2)
        draw_generations(beside, variances, "perfect sampler")
        beside.set(xlabel="Generation", ylabel="Variance within modes\n(of the truth = 1)")
        beside.set_ylim(bottom=-0.02 * beside.get_ylim()[1])
    # Zero is a rate that a reader must be able to see: hence no log axis.
    floor = f"perfect sampler: {style.percent(rates['floor'].mean())}"
    draw_generations(axes, rates, floor, scale=100)
    axes.set(xlabel="Generation", ylabel="Hallucinated samples (%)")
    if not rates.empty:
        axes.set_ylabel(f"Hallucinated samples (%)\n{style.threshold_words(rates)}")
        # A floor at zero would hide behind the axis.
        axes.set_ylim(bottom=-0.02 * axes.get_ylim()[1])
        axes.set_title(describe(rates))
        style.legend(figure, axes, columns=2 if variances.empty else 3)
    return figure


def draw_generations(axes: Axes, rows: pd.DataFrame, floor: str, scale: float = 1.0) -> None:
    """A line for each filter, and the control, of one metric; from generation 0 of its own seeds.

    Args:
        axes: to draw in.
        rows: of the metrics table, of one metric.
        floor: what the floor is, for the legend.
        scale: by which the values are multiplied.
    """
    if rows["value"].isna().all():
        style.say(axes, "Nothing was measured.")
        return
    shared = rows["filter"] == SHARED
    names = set(rows.loc[~shared, "filter"]) or {SHARED}
    styles = style.filter_styles(names)
    apart = 0.012 * rows["generation"].max()
    for index, (name, look) in enumerate(styles.items()):
        own = rows["filter"] == name
        of_its_seeds = rows["seed"].isin(rows.loc[own, "seed"])
        line = rows[own | (shared & of_its_seeds)].sort_values("generation")
        # Bars of later generations stand side by side; lines of the same seeds begin at one point.
        dodge = apart * (index - (len(styles) - 1) / 2)
        _draw_line(axes, line, dodge, scale, {**look, "label": style.line_words(name)})
    if rows["floor"].notna().any():
        height = scale * rows["floor"].mean()
        axes.axhline(height, label=floor, color=style.INK, linewidth=0.8, linestyle="--", zorder=1)
    last = max(rows["generation"].max(), 1)
    axes.set_xlim(-0.06 * last, 1.06 * last)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def describe(rows: pd.DataFrame) -> str:
    """How many samples and seeds the rows rest on."""
    seeds = rows["seed"].nunique()
    many = f", {seeds} seeds" if seeds > 1 else ""
    return f"n = {style.span(rows['n'])} samples per generation{many}"


def _draw_line(axes: Axes, line: pd.DataFrame, dodge: float, scale: float, look: dict) -> None:
    if line["seed"].nunique() == 1:
        at = line["generation"] + dodge * (line["generation"] > 0)
        bars = style.interval(line, scale)
        axes.errorbar(at, scale * line["value"], yerr=bars, capsize=2, **look)
        return
    for _, replicate in line.groupby("seed"):
        axes.plot(
            replicate["generation"],
            scale * replicate["value"],
            color=look["color"],
            linewidth=0.6,
            alpha=0.5,
        )
    mean = scale * line.groupby("generation")["value"].mean()
    axes.plot(mean.index, mean, linewidth=1.8, **look)
