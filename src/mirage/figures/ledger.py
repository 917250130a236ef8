"""The ledger of claims as a page of the report, and as a table for a README."""

from html import escape

import pandas as pd

COLUMNS = ("claim", "experiment", "number", "wanted", "seeds", "p", "verdict", "figure")
COLOURS = {"holds": "#00785A", "does not hold": "#B84A00", "undecided": "#6B6B6B"}

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Claims</title><style>
body {{ font: 14px "DejaVu Sans", sans-serif; color: #222; background: #fff; margin: 1.5em; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.35em 0.7em; }}
tr.first td, th {{ border-top: 1px solid #ccc; }}
td.claim {{ width: 30em; }}
td.verdict {{ font-weight: bold; }}
small {{ color: #555; font-weight: normal; display: block; }}
</style></head><body><h1>Claims</h1><p>{summary}</p><table><tr>{head}</tr>
{rows}
</table></body></html>
"""


def html(claims: pd.DataFrame) -> str:
    """A page of its own that needs no network. claims: table CLAIMS."""
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = [row for _, group in claims.groupby("id", sort=False) for row in _html_rows(group)]
    return _PAGE.format(summary=escape(summary(claims)), head=head, rows="\n".join(rows))


def markdown(claims: pd.DataFrame) -> str:
    """The same as a Markdown table. claims: table CLAIMS."""
    lines = [f"{summary(claims)}\n", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for row in claims.itertuples():
        verdict = f"{row.verdict} ({row.reason})" if row.reason else f"**{row.verdict}**"
        claim = f"{row.claim} [{row.source}]"
        cells = [claim, row.experiment, number(row), wanted(row), row.seeds, p(row)]
        cells += [verdict, row.figure]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def summary(claims: pd.DataFrame) -> str:
    """How many claims have which verdict, and what an interval is."""
    counts = claims["verdict"].value_counts()
    parts = ", ".join(f"{counts.get(name, 0)} {name}" for name in COLOURS)
    return (
        f"{claims['id'].nunique()} claims in {len(claims)} rows: {parts}. A claim holds if p, "
        "adjusted for all rows of its family (Holm), is at most alpha (0.05), and does not hold if "
        "p against is; the raw numbers stand beside. Numbers of counts are pooled over "
        "seeds, with 95 % intervals over samples; all others are means over seeds, with intervals "
        "by Student's t. With fewer than three seeds nothing is decided. Rates are shares: 0.01 is "
        "one percent."
    )


def number(row) -> str:
    """The value with its interval, in three digits: `0.012 (0.0101 to 0.0139)`."""
    if pd.isna(row.value):
        return "undefined"
    interval = "" if pd.isna(row.low) else f" ({row.low:.3g} to {row.high:.3g})"
    return f"{row.value:.3g}{interval}"


def wanted(row) -> str:
    """The statistic and its bound: `growth above 1`; of thresholds, what they find."""
    if pd.isna(row.bound):
        return row.statistic.replace("_", " ")
    found = ""
    if not pd.isna(row.sensitivity):
        ends = f"{row.sensitivity_low:.3g} to {row.sensitivity_high:.3g}"
        found = f" (found: {row.sensitivity:.3g}, {ends})"
    return f"{row.statistic.replace('_', ' ')} {row.wanted} {row.bound:.3g}{found}"


def p(row) -> str:
    """The smaller of p and p against, adjusted, with the raw one: `0.003 (raw 0.0004)`."""
    if pd.isna(row.p):
        return ""
    against = row.p_against_adjusted < row.p_adjusted
    adjusted, raw = (row.p_against_adjusted, row.p_against) if against else (row.p_adjusted, row.p)
    return f"{'against: ' if against else ''}{adjusted:.2g} (raw {raw:.2g})"


def _html_rows(group: pd.DataFrame) -> list[str]:
    """The rows of one claim, one for each of its experiments."""
    rows = []
    for position, row in enumerate(group.itertuples()):
        claim = (
            f'<td class="claim" rowspan="{len(group)}">{escape(row.claim)}'
            f"<small>source: {escape(row.source)}</small>"
            f"<small>refuted by: {escape(row.refuted)}</small>"
            f"<small>must not pass: {escape(row.control)}</small>"
            f"<small>must be found: {escape(row.effect)}</small></td>"
        )
        cells = "".join(
            f"<td>{escape(str(text))}</td>"
            for text in (row.experiment, number(row), wanted(row), row.seeds, p(row))
        )
        why = f"<small>{escape(row.reason)}</small>" if row.reason else ""
        style = f'class="verdict" style="color: {COLOURS[row.verdict]}"'
        cells += f"<td {style}>{row.verdict}{why}</td><td>{escape(row.figure)}</td>"
        mark, claim = (' class="first"', claim) if position == 0 else ("", "")
        rows.append(f"<tr{mark}>{claim}{cells}</tr>")
    return rows
