"""The rules that decide claims, tried on models that are known.

Every rule has controls, which look like its effect and are none, and effects of a size that
must be found. Each is drawn anew many times, with the seeds of a real run, and goes through the
functions that decide the ledger: a control may pass at most as often as alpha, an effect must be
found in at least 90 % and denied at most as often as alpha, an interval must cover in 95 %. A
control is alone, an effect the last of its family that Holm's adjustment comes to: it is found
where p is at most alpha over the family's size.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from mirage.metrics import rows
from mirage.metrics.rules import Rule
from mirage.metrics.verdicts import ALPHA, Evidence

FOUND, COVERS = 0.9, 0.95
"""Least share of planted effects that are found, and of intervals that hold what they estimate."""
CHANCE = 0.001
"""P at which a share of verdicts that breaks the plan is no longer put down to chance."""
AT_ONCE = 20
"""Repetitions: more would not fit the processor's cache."""
CONTROL, EFFECT, INTERVAL = "control", "effect", "interval"


@dataclass(frozen=True)
class Trial:
    """A model that is known, and the rules that judge it."""

    scenario: str
    kind: str
    """Whether claims should not hold (`control`), should (`effect`), or an `interval` should
    cover, where the evidence for is 0 if it does and 1 if not."""
    rules: tuple[str, ...]
    draw: Callable[[np.random.Generator, int], Mapping[str, Evidence]]
    """Draws the model anew, all its seeds, so many times; evidence by each of the rules, or
    by more, as arrays."""
    data: str = "counts"
    """What is drawn: `counts`, `plane`, `line` (points of a mixture), or `scores`."""
    one_in: int = 1
    """Repetitions that are made, of those asked for: fewer of what takes long."""


def audit(
    trials: Iterable[Trial],
    repetitions: int,
    rng: np.random.Generator,
    alphas: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """How often the claim holds in each trial.

    Args:
        trials: to be made.
        repetitions: of each.
        rng: for all of them; each trial has a stream of its own.
        alphas: by rule, the smallest p at which a claim that it decides may have to hold: of
            its family, over the family's size. Of rules that are not named, and none named,
            that of a claim alone.

    Returns:
        A row a trial and rule: `rule`, `scenario`, `data`, `kind`, `holds` and `fails` (times
        that the claim was said to hold, by p of at most `alpha`, or not to) of `n`, the share of
        the first `value` with its Wilson interval `low`, `high`, `planned` (the most of a
        control, the least of an effect or an interval), and `kept`, False where a share breaks
        what is planned by more than chance explains (exact binomial, P 0.001).
    """
    table = []
    for trial in trials:
        own, n = rng.spawn(1)[0], -(-repetitions // trial.one_in)
        sizes = [min(AT_ONCE, n - start) for start in range(0, n, AT_ONCE)]
        parts = [trial.draw(own, size) for size in sizes]
        for rule in trial.rules:
            alpha = (alphas or {}).get(rule, ALPHA) if trial.kind == EFFECT else ALPHA
            holds, fails = (
                sum(int((np.asarray(getattr(part[rule], side)) <= at).sum()) for part in parts)
                for side, at in (("holds", alpha), ("fails", ALPHA))
            )
            share = rows.rate("", holds, n)
            table.append(
                {
                    "rule": rule,
                    "scenario": trial.scenario,
                    "data": trial.data,
                    "kind": trial.kind,
                    "holds": holds,
                    "fails": fails,
                    "alpha": alpha,
                    "n": n,
                    "value": share.value,
                    "low": share.low,
                    "high": share.high,
                    **_plan(trial.kind, holds, fails, n),
                }
            )
    return pd.DataFrame(table)


def _plan(kind: str, holds: int, fails: int, n: int) -> dict[str, float | bool]:
    """What was planned for a kind of trial, and whether it was kept."""
    if kind == CONTROL:
        planned, p = ALPHA, _p(holds, n, ALPHA, "greater")
    else:
        planned = FOUND if kind == EFFECT else COVERS
        p = min(_p(holds, n, planned, "less"), _p(fails, n, ALPHA, "greater"))
    return {"planned": planned, "kept": bool(p > CHANCE)}


def _p(times: int, n: int, planned: float, side: str) -> float:
    """P of so many or so few at the planned share."""
    return binomtest(times, n, planned, alternative=side).pvalue


def tried(trials: Iterable[Trial]) -> dict[str, Rule]:
    """Which controls and effects each rule is tried on, for comparison with what is stated."""
    found: dict[str, dict[str, list[str]]] = {}
    for trial in trials:
        for rule in trial.rules if trial.kind != INTERVAL else ():
            scenarios = found.setdefault(rule, {CONTROL: [], EFFECT: []})[trial.kind]
            scenarios += [trial.scenario] if trial.scenario not in scenarios else []
    return {
        rule: Rule(tuple(kinds[CONTROL]), tuple(kinds[EFFECT])) for rule, kinds in found.items()
    }
