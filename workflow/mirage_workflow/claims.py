"""Decides claims: what the tables of a run say of each, and the verdict within its family."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mirage.metrics.names import AT
from mirage.metrics.verdicts import LEAST_SEEDS, UNDECIDED, holm, verdicts
from mirage_workflow.config.claims import Claims
from mirage_workflow.findings.find import find
from mirage_workflow.findings.found import Found

SENSITIVITY = ("sensitivity", "sensitivity_low", "sensitivity_high")


def decide(claims: Claims, table_of: Callable[[str, str], pd.DataFrame | None]) -> pd.DataFrame:
    """The ledger: a row for each claim and experiment.

    Args:
        claims: to decide.
        table_of: the table of an experiment and a kind; None if the run has none.
    """
    rows = []
    for claim, experiment in claims.rows:
        found = find(claim.statistic, table_of(experiment, claim.statistic.kind))
        alpha = claims.families[claim.family].alpha / claims.size(claim.family)
        planned = found.plan(alpha) if found.plan else np.nan
        rows.append(
            {
                "id": claim.id,
                "claim": claim.claim,
                "source": claim.source,
                "family": claim.family,
                "experiment": experiment,
                "statistic": claim.statistic.name,
                "rule": claim.statistic.rule,
                "metric": getattr(claim.statistic, "metric", None),
                **{name: claim.statistic.at.get(name) for name in AT},
                "wanted": found.wanted,
                "bound": found.bound,
                "control": claim.control,
                "effect": claim.effect,
                "refuted": claim.refuted,
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "seeds": found.seeds,
                "n": found.n,
                "planned": planned,
                **dict(zip(SENSITIVITY, found.sensitivity, strict=True)),
                "p": found.evidence.holds,
                "p_against": found.evidence.fails,
                "reason": _reason(found, planned),
                "figure": f"{experiment}_{claim.figure}",
            }
        )
    return _adjusted(pd.DataFrame(rows), claims)


def _adjusted(ledger: pd.DataFrame, claims: Claims) -> pd.DataFrame:
    """With p values adjusted within each family, and the verdicts that they give."""
    parts = []
    for name, family in ledger.groupby("family", sort=False):
        holds, fails = holm(family["p"]), holm(family["p_against"])
        verdict = verdicts(holds, fails, claims.families[name].alpha)
        decided = np.array(verdict) != UNDECIDED
        parts.append(
            family.assign(
                p_adjusted=holds,
                p_against_adjusted=fails,
                verdict=verdict,
                reason=family["reason"].mask(decided, ""),
            )
        )
    return pd.concat(parts).sort_index()


def _reason(found: Found, planned: float) -> str:
    """Why there may be no verdict."""
    if found.reason:
        return found.reason
    if found.seeds < LEAST_SEEDS:
        return "one seed" if found.seeds == 1 else f"fewer than {LEAST_SEEDS} seeds"
    if found.unclear:
        return found.unclear
    return f"{found.n:.3g} of the {planned:.3g} samples it takes" if found.n < planned else ""
