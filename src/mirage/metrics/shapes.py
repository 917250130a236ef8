"""How many generated pictures of shapes no draw could give, by type of error."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mirage.datasets.shapes import COMBINED, SHAPES
from mirage.detectors import Score
from mirage.labels.shapes import CLEAR, TYPES
from mirage.metrics import detection
from mirage.metrics.audit import TRUE
from mirage.metrics.detection import AUROC, rank
from mirage.metrics.mixture import mode_metrics
from mirage.metrics.rows import Row, rate

SUBSETS = 2 ** len(SHAPES) - 1
"""Sets of shapes that a picture may hold."""
COMBINATION = "combination"
"""The labels of COMBINED together."""
CLEAR_COMBINATION = "clear_combination"
"""Those of them among the clear pictures, whose every object matches its shape by CLEAR: of a model
whose pictures are blurred fewer are clear, and of the wrong ones more than of the valid."""


def measure(
    scores: pd.DataFrame, counter: pd.DataFrame, audit: pd.DataFrame, weights: np.ndarray
) -> list[Row]:
    """All metrics of a generation of pictures of shapes.

    Args:
        scores: of the generation, with the columns of the counter.
        counter: table COUNTER, whose thresholds the labels rest on.
        audit: table AUDIT, for the floor: what the counter says of clean true pictures.
        weights: true ones of the sets of shapes: [7].
    """
    threshold = counter.set_index("statistic")["threshold"]["match"]
    valid = scores["label"] == "valid"
    counts = np.bincount(_subset(scores)[valid], minlength=SUBSETS)
    return [
        *label_rates(scores, threshold, audit),
        *mode_metrics(counts, weights),
        *degradation(scores),
        distinct(scores),
    ]


def distinct(scores: pd.DataFrame) -> Row:
    """Share of pictures that are no copy of another, by all numbers that are known of them."""
    numbers = scores.select_dtypes("number").drop(columns="sample", errors="ignore")
    return Row("distinct", float((~numbers.duplicated()).mean()), len(scores), floor=1.0)


def label_rates(scores: pd.DataFrame, threshold: float, audit: pd.DataFrame) -> list[Row]:
    """Shares of hallucinations, each type, wrong combinations and clear ones, Wilson, with floors.

    The second floor is the upper end of the counter's false alarms on true pictures that are
    degraded: it has seen only so many, and none as bad as a model's may be.

    threshold: the counter's, of a shape's match with its template.
    """
    counts, n = scores["label"].value_counts(), len(scores)
    counted = (audit["method"] == "counter") & (audit["pictures"] == TRUE)
    clean, degraded = (
        audit[counted & (audit["degraded"] == worse)].set_index("label") for worse in (False, True)
    )
    hits = {label: int(counts.get(label, 0)) for label in TYPES[1:]}
    combined, clear = scores["label"].isin(COMBINED), scores["match"] >= CLEAR
    at = {"match_threshold": threshold}
    wrong, ever = 1 - clean["share"]["valid"], 1 - degraded["low"]["valid"]
    return [
        rate("hallucination_rate", sum(hits.values()), n, wrong, blurred=ever, **at),
        *(
            rate(
                "label_rate",
                hits[name],
                n,
                clean["share"][name],
                blurred=degraded["high"][name],
                label=name,
                **at,
            )
            for name in hits
        ),
        *(
            rate(
                "label_rate",
                int(combined[among].sum()),
                int(among.sum()),
                clean["share"][[*COMBINED]].sum(),
                blurred=degraded["high"][[*COMBINED]].sum(),
                label=name,
                match_threshold=least,
            )
            for name, among, least in (
                (COMBINATION, scores["label"].notna(), threshold),
                (CLEAR_COMBINATION, clear, CLEAR),
            )
        ),
    ]


def auroc_by_type(table: pd.DataFrame, scores: Sequence[Score]) -> list[Row]:
    """AUROC of each score for pictures of one type against the valid ones.

    Hal rises with the number of shapes, as more of a picture moves: what it makes of a
    duplicate and of a blank picture are two things.
    """
    rows = []
    for label in TYPES[1:]:
        rankings = rank([table[table["label"].isin(["valid", label])]], scores)
        rows += [
            replace(row, metric="label_auroc", label=label)
            for row in detection.measure(rankings)
            if row.metric == AUROC
        ]
    return rows


def degradation(scores: pd.DataFrame) -> list[Row]:
    """How grey and how noisy backgrounds are in the worst twentieth of the pictures.

    It is to be compared with what the counter is calibrated on (`counter` in the config).
    """
    return [
        Row(name, float(scores[name].quantile(0.95)), len(scores), floor=0.0)
        for name in ("haze", "noise")
    ]


def _subset(scores: pd.DataFrame) -> pd.Series:
    """Which set of shapes a valid picture holds: 0 to 6; elsewhere of no meaning."""
    bits = sum(scores[f"{shape}s"].clip(upper=1) * 2**bit for bit, shape in enumerate(SHAPES))
    return bits - 1
