"""Figure: how often the rules of the ledger say that a claim holds, of models that are known."""

import pandas as pd
from matplotlib.figure import Figure

from mirage.figures import style

LOOKS = {
    "control": {"fmt": "o", "color": style.QUIET, "label": "controls: at most the left line"},
    "effect": {"fmt": "s", "color": style.HALLUCINATED, "label": "effects: at least the middle"},
    "interval": {"fmt": "D", "color": style.INK, "label": "intervals that cover: the right"},
}


@style.theme()
def draw(audit: pd.DataFrame) -> Figure:
    """A row a rule and trial; open where the plan is not kept.

    audit: table CLAIMS_AUDIT; bars are 95 % intervals.
    """
    rules = audit["rule"].unique()
    audit = audit.sort_values(["rule", "kind"], key=lambda x: x.map(_order(rules)), kind="stable")
    height = 0.14 * len(audit) + 1.2
    figure = style.figure(style.PAGE, height)
    axes = figure.subplots()
    at = pd.Series(range(len(audit)), audit.index)
    for kind, look in LOOKS.items():
        of = audit[audit["kind"] == kind]
        axes.errorbar(
            100 * of["value"], at[of.index], xerr=style.interval(of, 100), capsize=1.5, ms=3, **look
        )
        broken = of[~of["kept"]]
        hollow = {"mfc": "white", "mec": look["color"], "ms": 7}
        axes.plot(100 * broken["value"], at[broken.index], "o", **hollow)
    for planned in audit["planned"].unique():
        axes.axvline(100 * planned, color=style.INK, lw=0.6, ls="--")
    names = audit["rule"].str.replace("_", " ") + ": " + audit["scenario"]
    dims = audit["data"].map({"plane": " (plane)", "line": " (line)"}).fillna("")
    axes.set_yticks(at, names + dims, fontsize=5.5)
    axes.set_ylim(len(audit) - 0.5, -0.5)
    axes.set_xlim(-2, 102)
    axes.set_xlabel(f"Runs in which the claim holds (% of {style.span(audit['n'])})")
    style.legend(figure, axes, columns=3)
    return figure


def _order(rules) -> dict[str, int]:
    """Of rules as they come, and of kinds as in LOOKS."""
    return {name: index for index, name in enumerate([*rules, *LOOKS])}
