"""Rates of labels, where a dataset has nothing more to say of its samples."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from mirage.metrics.rows import Row, rate


def label_rates(scores: Iterable[pd.DataFrame]) -> list[Row]:
    """The share of hallucinations, and of each kind that there is, with Wilson intervals.

    scores: in parts, column `label`, of which everything but `valid` is a hallucination.
    """
    counts = Counter(label for part in scores for label in part["label"])
    n = counts.total()
    kinds = sorted(set(counts) - {"valid"})
    return [
        rate("hallucination_rate", n - counts["valid"], n),
        *(rate(f"{kind}_rate", counts[kind], n) for kind in kinds),
    ]


def label_counts(labels: pd.Series) -> pd.DataFrame:
    """How many samples have each label that there is, with Wilson intervals of the shares.

    Returns:
        Columns `label`, `hits`, `n`, `value`, `low`, `high`, the commonest first.
    """
    counts, n = labels.value_counts(), len(labels)
    rows = [rate(label, int(hits), n) for label, hits in counts.items()]
    columns = ["label", "hits", "n", "value", "low", "high"]
    kept = [
        (row.metric, hits, row.n, row.value, row.low, row.high)
        for row, hits in zip(rows, counts, strict=True)
    ]
    return pd.DataFrame(kept, columns=columns)


def pooled(handed_over: pd.DataFrame) -> pd.DataFrame:
    """Labels of the pictures of all seeds: `then`, `t`, `label`, `hits`, `n`, and the share's
    `value`, `low`, `high`; every label that any walk draws, of every walk."""
    walks = handed_over.drop_duplicates(["then", "t", "seed"]).groupby(["then", "t"])["n"].sum()
    hits = handed_over.groupby(["then", "t", "label"])["hits"].sum().unstack(fill_value=0)
    rows = []
    for (then, t), counts in hits.iterrows():
        for label, count in counts.items():
            row = rate(str(label), int(count), int(walks[then, t]))
            rows.append((then, t, label, int(count), row.n, row.value, row.low, row.high))
    columns = ["then", "t", "label", "hits", "n", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
