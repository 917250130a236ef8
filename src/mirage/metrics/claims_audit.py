"""The rules that decide claims, tried on models that are known.

Every kind of statistic has controls, which look like its effect and are none, and effects of
a size that must be found. Each is drawn anew many times, with the seeds of a real run, and
goes through the functions that decide the ledger: a control may pass at most as often as
alpha, an effect must be found in at least 90 % and denied at most as often as alpha.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from mirage.metrics.rows import rate
from mirage.metrics.verdicts import ALPHA, Evidence

FOUND = 0.9
"""Share of planted effects that must be found."""
CHANCE = 0.001
"""P at which a share of verdicts that breaks the plan is no longer put down to chance."""


@dataclass(frozen=True)
class Trial:
    """A model that is known, and the statistics that judge it."""

    scenario: str
    effect: bool
    """Whether the claims should hold."""
    statistics: tuple[str, ...]
    draw: Callable[[np.random.Generator], Mapping[str, Evidence]]
    """Draws the model anew, all its seeds; evidence by each of the statistics."""


def audit(trials: Iterable[Trial], repetitions: int, rng: np.random.Generator) -> pd.DataFrame:
    """How often the claim holds in each trial.

    Args:
        trials: to be made.
        repetitions: of each.
        rng: for all of them; each trial has a stream of its own.

    Returns:
        A row a trial and statistic: `statistic`, `scenario`, `effect`, `holds` and `fails`
        (times that the claim, alone in its family, was said to hold or not to) of `n`, the
        share of the first `value` with its Wilson interval `low`, `high`, `planned` (the
        most of a control, the least of an effect), and `kept`, False where a share breaks
        what is planned by more than chance explains (exact binomial, P 0.001).
    """
    rows = []
    for trial in trials:
        own, holds, fails = rng.spawn(1)[0], Counter(), Counter()
        for _ in range(repetitions):
            found = trial.draw(own)
            holds.update(name for name in trial.statistics if found[name].holds <= ALPHA)
            fails.update(name for name in trial.statistics if found[name].fails <= ALPHA)
        for name in trial.statistics:
            share = rate("", holds[name], repetitions)
            if trial.effect:
                missed = _p(holds[name], repetitions, FOUND, "less")
                p = min(missed, _p(fails[name], repetitions, ALPHA, "greater"))
            else:
                p = _p(holds[name], repetitions, ALPHA, "greater")
            rows.append(
                {
                    "statistic": name,
                    "scenario": trial.scenario,
                    "effect": trial.effect,
                    "holds": holds[name],
                    "fails": fails[name],
                    "n": repetitions,
                    "value": share.value,
                    "low": share.low,
                    "high": share.high,
                    "planned": FOUND if trial.effect else ALPHA,
                    "kept": bool(p > CHANCE),
                }
            )
    return pd.DataFrame(rows)


def _p(times: int, n: int, planned: float, side: str) -> float:
    """P of so many or so few at the planned share."""
    return binomtest(times, n, planned, alternative=side).pvalue


def unaudited(statistics: Iterable[str], trials: Iterable[Trial]) -> list[str]:
    """Statistics that lack a control or an effect among the trials."""
    trials = list(trials)

    refused = {name for trial in trials if not trial.effect for name in trial.statistics}
    found = {name for trial in trials if trial.effect for name in trial.statistics}
    return [name for name in statistics if name not in refused & found]
