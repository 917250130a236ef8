"""Figure: the learned score and predicted clean sample beside the true ones, along lines."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style

COLOURS = {"true": style.INK, "learned": style.HALLUCINATED}


@style.theme()
def draw(lines: pd.DataFrame) -> Figure:
    """Score and x0_hat along lines through neighbouring modes, one column a noise level.

    lines: table SCORE_LINES of one seed.
    """
    times = sorted(lines["t"].unique())
    names = list(dict.fromkeys(lines["line"]))
    figure = style.figure(style.PAGE, 1.1 + 1.55 * 2 * len(names))
    panels = figure.subplots(2 * len(names), len(times), squeeze=False, sharex="row")
    for row, (name, quantity) in enumerate(
        (name, quantity) for name in names for quantity in ("score", "x0_hat")
    ):
        for column, t in enumerate(times):
            axes = panels[row, column]
            part = lines[(lines["line"] == name) & (lines["t"] == t)]
            for source, colour in COLOURS.items():
                axes.plot(
                    part["position"],
                    part[f"{source}_{quantity}"],
                    color=colour,
                    linewidth=1.0,
                    label=source,
                )
            if row == 0:
                axes.set_title(f"t = {t}")
            if quantity == "x0_hat":
                axes.set_xlabel(
                    "x (data units)" if name == "modes" else f"Along the {name} (data units)"
                )
        words = "Score" if quantity == "score" else r"$\hat{x}_0$"
        panels[row, 0].set_ylabel(words if name == "modes" else f"{words}\nalong the {name}")
    style.legend(figure, panels[0, 0], columns=2)
    return figure
