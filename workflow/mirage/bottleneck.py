"""Which pictures are shown to the U-Net's bottleneck, and the group each belongs to."""

import pandas as pd


def choose_generated(scores: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first generated pictures; where there are labels, half of them hallucinated.

    Their groups are the labels, else the predicted classes, else one: `generated`.

    Args:
        scores: column `sample`, and `label` or `predicted_class` where there are any.
        count: how many, where there are as many.

    Returns:
        Columns `sample` and `group`, in the order drawn.
    """
    if "label" in scores:
        hallucinated = scores[scores["label"] != "valid"].head(count // 2)
        valid = scores[scores["label"] == "valid"].head(count - len(hallucinated))
        chosen = pd.concat([hallucinated, valid]).sort_values("sample")
        return chosen[["sample"]].assign(group=chosen["label"])
    chosen = scores.head(count)
    known = "predicted_class" in scores
    group = chosen["predicted_class"].astype(str) if known else "generated"
    return chosen[["sample"]].assign(group=group)


def choose_real(data: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first real pictures. Their groups are their classes, else one: `real`.

    Args:
        data: column `sample`, and `label` where there are classes.
        count: how many, where there are as many.

    Returns:
        Columns `sample` and `group`.
    """
    chosen = data.head(count)
    group = chosen["label"].astype(str) if "label" in data else "real"
    return chosen[["sample"]].assign(group=group)
