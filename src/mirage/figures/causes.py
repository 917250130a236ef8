"""Figure: what the sampler, the finite data and the network add to the floor."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style

PART_COLOURS = {"sampler": "#56B4E9", "data": "#E69F00", "network": "#882255", "excess": style.INK}
PART_MARKERS = {"sampler": "o", "data": "s", "network": "D", "excess": "|"}
PART_WORDS = {
    "sampler": "sampler (true score)",
    "data": "finite data (empirical score)",
    "network": "network (learned score)",
    "excess": "all",
}
SAMPLER_WORDS = {
    "ddpm": "DDPM,\nevery time",
    "ddim": "DDIM,\nevery time",
    "ddim_few": "DDIM,\nfew steps",
    "ddim_few_tail": "DDIM few,\nDDPM tail",
}

THRESHOLDS = (3, 5)
"""Distances from a mode, in its standard deviations, that have a panel."""
LINEAR = 0.1
"""Percentage points about zero that are drawn to scale; beyond, the axis is logarithmic."""


@style.theme()
def draw(causes: pd.DataFrame) -> Figure:
    """Excess rates in percentage points by sampler and part, one panel a threshold.

    causes: table CAUSE_PARTS of one experiment. Bars are 95 % intervals over seeds; with one
    seed there are none.
    """
    thresholds = [k for k in THRESHOLDS if k in set(causes["threshold"])]
    figure = style.figure(style.PAGE, 3.2)
    panels = figure.subplots(1, len(thresholds), squeeze=False)[0]
    samplers = [name for name in SAMPLER_WORDS if name in set(causes["sampler"])]
    for axes, threshold in zip(panels, thresholds, strict=True):
        for index, (part, colour) in enumerate(PART_COLOURS.items()):
            rows = causes[(causes["threshold"] == threshold) & (causes["part"] == part)]
            rows = rows[rows["sampler"].isin(samplers)]
            at = rows["sampler"].map(samplers.index) + 0.18 * (index - 1.5)
            axes.errorbar(
                at,
                100 * rows["value"],
                yerr=style.interval(rows, 100),
                fmt=PART_MARKERS[part],
                markersize=4 if part != "excess" else 9,
                color=colour,
                capsize=2,
                label=PART_WORDS[part],
            )
        axes.axhline(0, color=style.QUIET, linewidth=0.6, linestyle=":")
        axes.set_yscale("symlog", linthresh=LINEAR)
        axes.set_ylim(*_limits(causes))
        axes.set_xticks(range(len(samplers)), [SAMPLER_WORDS[name] for name in samplers])
        axes.set_title(f"beyond {threshold} std")
    panels[0].set_ylabel("Excess over a perfect sampler\n(percentage points)")
    style.legend(figure, panels[0], columns=4)
    figure.suptitle(_describe(causes))
    return figure


def _limits(causes: pd.DataFrame) -> tuple[float, float]:
    """Of both panels, with room: a half more on a logarithmic axis."""
    numbers = 100 * causes[["value", "low", "high"]]
    return (
        1.5 * min(numbers.min(axis=None), -LINEAR),
        1.5 * max(numbers.max(axis=None), LINEAR),
    )


def _describe(causes: pd.DataFrame) -> str:
    fewest, learned = (
        style.span(causes.loc[causes["part"].isin(parts), "n"])
        for parts in (["data", "sampler", "network"], ["excess"])
    )
    return (
        f"{style.seeds(causes['seeds'].max())}; n = {learned} samples in all (learned), "
        f"{fewest} (fewest of the models that a part compares)"
    )
