"""How much of the hallucination rate the sampler, the finite data and the network cause.

With the true score all that is left is the sampler's doing; the score of the training
points adds that of the finite data; the network adds its own. The three telescope from
the floor to the network's rate, so their sum is the excess over a perfect sampler.
"""

from itertools import pairwise

import pandas as pd

from mirage.metrics.statistics import mean_over_seeds

MODELS = ("true", "empirical", "learned")
PARTS = ("sampler", "data", "network")


def split(rates: pd.DataFrame) -> pd.DataFrame:
    """Excess rates and their parts, with intervals over seeds.

    Args:
        rates: table CAUSES of one experiment: one `beyond_rate` per model, sampler,
            threshold and seed.

    Returns:
        Columns `sampler`, `threshold`, `part` (one of PARTS, or `excess`), `value`, `low`,
        `high` (95 %, by Student's t over seeds; NaN for one), `seeds` and `n`, the fewest
        samples that one of its rates rests on over all seeds.
    """
    rows = []
    for (sampler, threshold), cell in rates.groupby(["sampler", "threshold"], sort=False):
        by_seed = cell.pivot(index="seed", columns="model", values="value")
        if not set(MODELS) <= set(by_seed):
            continue
        n = cell.groupby("model")["n"].sum()
        levels = [cell.groupby("seed")["floor"].first(), *(by_seed[model] for model in MODELS)]
        steps = {part: (a, b) for part, (a, b) in zip(PARTS, pairwise(levels), strict=True)}
        steps["excess"] = levels[0], levels[-1]
        for part, (before, after) in steps.items():
            rows.append(
                {
                    "sampler": sampler,
                    "threshold": threshold,
                    "part": part,
                    **mean_over_seeds(after - before),
                    "n": n.min() if part != "excess" else n["learned"],
                }
            )
    return pd.DataFrame(rows)
