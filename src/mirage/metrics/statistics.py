"""Seeds as replicates: intervals over them, paired comparisons, parts of a variance."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from mirage.metrics.names import AT

CONFIDENCE = 0.95


def mean_over_seeds(values: pd.Series) -> dict[str, float]:
    """Mean of one value per seed, with its interval by Student's t.

    Seeds whose value is undefined (NaN) do not count. With fewer than two there is no
    interval: `low` and `high` are NaN.

    Returns:
        `value`, `low`, `high` and `seeds`.
    """
    values = values.dropna().astype(float)
    seeds, mean = len(values), values.mean()
    if seeds < 2:
        return {"value": mean, "low": np.nan, "high": np.nan, "seeds": seeds}
    reach = stdtrit(seeds - 1, (1 + CONFIDENCE) / 2) * values.std() / np.sqrt(seeds)
    return {"value": mean, "low": mean - reach, "high": mean + reach, "seeds": seeds}


def summarise(metrics: pd.DataFrame) -> pd.DataFrame:
    """Every metric over seeds, and every pair of filters on the same seeds.

    Args:
        metrics: table METRICS of one experiment, of one or more seeds.

    Returns:
        Columns `metric`; those of `names.AT`; `generation`, `filter`, `against` (null, or the
        filter that is subtracted seed by seed), `value`, `low`, `high`, `seeds`.
    """
    rows, by = [], ["metric", *AT, "generation"]
    for place, cell in metrics.groupby(by, sort=False, dropna=False):
        by_seed = cell.pivot(index="seed", columns="filter", values="value")
        for name in by_seed:
            rows.append((*place, name, None, mean_over_seeds(by_seed[name])))
            rows += [
                (*place, name, other, mean_over_seeds(by_seed[name] - by_seed[other]))
                for other in by_seed
                if other != name
            ]
    names = [*by, "filter", "against"]
    return pd.DataFrame(
        [dict(zip(names, row[:-1], strict=True)) | row[-1] for row in rows],
        columns=[*names, "value", "low", "high", "seeds"],
    )


def variance_parts(rates: pd.DataFrame) -> dict[str, float]:
    """Variance of a rate due to the seeds of data, training and sampling.

    A random-effects model: data and training seeds are crossed, sampling seeds are nested
    in each pair; estimates by mean squares (Searle, Casella and McCulloch 1992, chapter
    4). An estimate below zero is set to zero, as usual.

    Args:
        rates: columns `data_seed`, `training_seed`, `sampling_seed`, `value`; balanced.

    Returns:
        Variances `data`, `training`, `interaction` (of data and training) and `sampling`.

    Raises:
        ValueError: if the design is not balanced, or has fewer than two seeds of a kind.
    """
    cells = rates.groupby(["data_seed", "training_seed"])["value"]
    means = cells.mean().unstack()
    (a, b), n = means.shape, int(cells.size().iloc[0])
    if min(a, b, n) < 2 or means.isna().any(axis=None) or (cells.size() != n).any():
        raise ValueError("each data seed needs every training seed, and as many samplings in each")
    grand = means.to_numpy().mean()
    rows, columns = means.mean(axis=1), means.mean(axis=0)
    residual = means.sub(rows, axis=0).sub(columns, axis=1) + grand
    ms_data = b * n * ((rows - grand) ** 2).sum() / (a - 1)
    ms_training = a * n * ((columns - grand) ** 2).sum() / (b - 1)
    ms_both = n * (residual**2).sum(axis=None) / ((a - 1) * (b - 1))
    ms_sampling = cells.var(ddof=1).mean()
    parts = {
        "data": (ms_data - ms_both) / (b * n),
        "training": (ms_training - ms_both) / (a * n),
        "interaction": (ms_both - ms_sampling) / n,
        "sampling": ms_sampling,
    }
    return {name: max(float(part), 0.0) for name, part in parts.items()}
