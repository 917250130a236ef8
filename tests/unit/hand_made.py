"""Tables of metrics with known verdicts, one number a seed."""

import pandas as pd
from pydantic import TypeAdapter

from mirage_workflow.claims import decide
from mirage_workflow.config.claims import Claims
from mirage_workflow.config.statistics.known import AnyStatistic
from mirage_workflow.schemas.metrics import METRICS

CLAIM = {
    "id": "growing",
    "claim": "Rates grow.",
    "source": "P",
    "family": "main",
    "experiments": ["gaussian2d_grid"],
    "statistic": {"name": "growth", "metric": "hallucination_rate", "filter": "random", "above": 1},
    "control": "two names for one filter",
    "effect": "half as many",
    "refuted": "They do not.",
    "figure": "rate_by_generation",
}
FAMILIES = {"main": {"about": "all"}}


def statistic(**values):
    return TypeAdapter(AnyStatistic).validate_python(values)


def of_seeds(metric, values, n=100_000, filter="shared", generation=0, **columns):
    """Rows of a metric, one a seed."""
    rows = {"metric": metric, "seed": range(len(values)), "value": values, "n": n}
    table = pd.DataFrame(rows).assign(filter=filter, generation=generation, **columns)
    return table.reindex(columns=list(dict.fromkeys([*table, *METRICS.names])))


def generations(rates):
    """Hallucination rates of (filter, generation), one per seed."""
    return pd.concat(
        of_seeds("hallucination_rate", values, filter=name, generation=k, threshold=5.0)
        for (name, k), values in rates.items()
    )


RATES = generations(
    {
        ("shared", 0): [0.010, 0.020, 0.030],
        ("random", 1): [0.020, 0.030, 0.040],
        ("random", 2): [0.041, 0.075, 0.130],
        ("hal", 1): [0.011, 0.020, 0.031],
        ("hal", 2): [0.010, 0.020, 0.031],
    }
)


def ledger_of(claims, tables_by_kind):
    stated = Claims.model_validate({"families": FAMILIES, "claims": claims})
    return decide(stated, lambda experiment, kind: tables_by_kind.get((experiment, kind)))


def causes(n=100_000, **rates):
    """Rates beyond 5 std of cells by name, one a seed; those beyond 3 are other numbers."""
    parts = []
    for cell, values in rates.items():
        model, _, sampler = cell.partition("_")
        place = {"model": model, "sampler": sampler, "floor": 1e-4}
        parts.append(of_seeds("beyond_rate", values, n, threshold=5.0, **place))
        parts.append(of_seeds("beyond_rate", [0.5] * len(values), n, threshold=3.0, **place))
    return pd.concat(parts)


def cell(name):
    model, _, sampler = name.partition("_")
    return {"model": model, "sampler": sampler}


def told(**columns) -> pd.DataFrame:
    """Windows on three seeds, and one of them on a seed that it was not chosen on."""
    at = {"from_seed": [0, 1, 2, 0], "seed": [0, 1, 2, 1], "generation": 0, "choice": "official"}
    counts = {"hallucinated": 200, "valid": 10_000, "discarded": 244}
    return pd.DataFrame(at | counts | columns)
