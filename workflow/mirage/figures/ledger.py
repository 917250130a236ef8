"""The ledger of claims as a page of the report, and as a table for a README."""

from html import escape

import pandas as pd

COLUMNS = ("claim", "source", "experiment", "number", "wanted", "seeds", "verdict", "figure")
COLOURS = {"holds": "#009E73", "does not hold": "#D55E00", "undecided": "#8C8C8C"}

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Claims</title><style>
body {{ font: 14px "DejaVu Sans", sans-serif; color: #222; margin: 1.5em; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.4em 0.7em;
  border-bottom: 1px solid #ddd; }}
.verdict {{ font-weight: bold; white-space: nowrap; }}
small {{ color: #666; }}
</style></head><body><h1>Claims</h1><p>{summary}</p><table><tr>{head}</tr>
{rows}
</table></body></html>
"""


def html(claims: pd.DataFrame) -> str:
    """A page of its own that needs no network. claims: table CLAIMS."""
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = "\n".join(_html_row(row) for row in claims.itertuples())
    return _PAGE.format(summary=escape(summary(claims)), head=head, rows=rows)


def markdown(claims: pd.DataFrame) -> str:
    """The same as a Markdown table. claims: table CLAIMS."""
    lines = [f"{summary(claims)}\n", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    lines += [f"| {' | '.join(cells(row))} |" for row in claims.itertuples()]
    return "\n".join(lines) + "\n"


def summary(claims: pd.DataFrame) -> str:
    """How many claims have which verdict, and what an interval is."""
    counts = claims["verdict"].value_counts()
    parts = ", ".join(f"{counts.get(name, 0)} {name}" for name in COLOURS)
    return (
        f"{len(claims)} claims: {parts}. Each number is the mean over seeds with its 95 % "
        "interval (Student's t over seeds); a claim is undecided with fewer than three."
    )


def cells(row) -> list[str]:
    """The columns of one claim, in words."""
    verdict = row.verdict
    if row.reason:
        verdict += f" ({row.reason}{_needed(row.seeds_needed)})"
    wanted = f"{row.statistic.replace('_', ' ')} {row.wanted}"
    name = [row.claim, row.source, row.experiment, number(row), wanted]
    return [*name, str(row.seeds), verdict, row.figure]


def number(row) -> str:
    """The value with its interval, in three digits: `0.012 (0.0101 to 0.0139)`."""
    if pd.isna(row.value):
        return "undefined"
    interval = "" if pd.isna(row.low) else f" ({row.low:.3g} to {row.high:.3g})"
    return f"{row.value:.3g}{interval}"


def _needed(seeds: float) -> str:
    if pd.isna(seeds):
        return ""
    return f"; {seeds:.0f} seeds needed" if seeds < float("inf") else "; over 100 seeds needed"


def _html_row(row) -> str:
    texts = [escape(text) for text in cells(row)]
    texts[COLUMNS.index("claim")] += f"<br><small>refuted by: {escape(row.refuted)}</small>"
    style = f' class="verdict" style="color: {COLOURS[row.verdict]}"'
    marks = [style if name == "verdict" else "" for name in COLUMNS]
    body = "".join(f"<td{mark}>{text}</td>" for mark, text in zip(marks, texts, strict=True))
    return f"<tr>{body}</tr>"
