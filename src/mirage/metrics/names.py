"""Every metric by its name, and the columns that say what a row of it is taken at."""

from typing import NamedTuple

AT = {
    "label": "str",
    "detector": "str",
    "first": "Int16",
    "last": "Int16",
    "choice": "str",
    "threshold": "float64",
    "match_threshold": "float64",
    "network": "str",
    "predicted_class": "Int16",
    "segment": "Int16",
    "objects": "Int16",
}
"""Columns that say what a metric is taken at, with their types in pandas; `rows.Row` says
what each means. Null where one does not apply."""

THRESHOLDS = (3, 4, 5, 6)
"""Distances of `beyond_rate`, in standard deviations of a mode."""

SCORE = ("detector", "first", "last")
"""The columns that name a score."""


class Taken(NamedTuple):
    """What a metric is taken at, as columns of AT."""

    by: tuple[str, ...] = ()
    """One generation has several rows, that differ in these."""
    told: tuple[str, ...] = ()
    """These have one value in a generation."""


_JUDGED = ("threshold", "match_threshold")
"""Of points and of shapes: what their labels rest on."""

METRICS = {
    "hallucination_rate": Taken(told=_JUDGED),
    "cohens_kappa": Taken(),
    "label_rate": Taken(("label",), _JUDGED),
    "beyond_rate": Taken(("threshold",)),
    "endpoint_rate": Taken(("label",), ("threshold",)),
    "endpoint_excess": Taken(("label",), ("threshold",)),
    "mode_width": Taken(),
    "segment_rate": Taken(("segment",), ("threshold",)),
    "segment_rate_per_std": Taken(("segment",), ("threshold",)),
    "towards_neighbours": Taken(),
    "towards_second_neighbours": Taken(),
    "inwards": Taken(),
    "distinct": Taken(),
    "modes_covered": Taken(),
    "mode_weight_tv": Taken(),
    "within_mode_variance_ratio": Taken(told=("threshold",)),
    "haze": Taken(),
    "noise": Taken(),
    "median_score": Taken(SCORE),
    "auroc": Taken(SCORE),
    "label_auroc": Taken(("label", *SCORE)),
    "specificity_at_95_sensitivity": Taken(SCORE),
    "objects_auroc": Taken(),
    "objects_gain": Taken(SCORE),
    "kinds_auroc": Taken(SCORE),
    "brightness_gain": Taken(),
    "brightness_auroc": Taken(),
    "brightness_kept": Taken(),
    "within_auroc": Taken(SCORE),
    "within_kept": Taken(SCORE),
    "within_auroc_over_brightness": Taken(SCORE),
    "within_kept_over_brightness": Taken(SCORE),
    "stratum_auroc": Taken(("objects", *SCORE)),
    "fid": Taken(told=("network",)),
    "fid_over_floor": Taken(told=("network",)),
    "precision": Taken(told=("network",)),
    "recall": Taken(told=("network",)),
    "coverage": Taken(told=("network",)),
    "class_share": Taken(("predicted_class",)),
    "mean_confidence": Taken(),
    "window_steps": Taken(("choice",), SCORE),
    "window_auroc": Taken(("choice",), SCORE),
    "window_kept": Taken(("choice",), SCORE),
    "window_found": Taken(("choice",), SCORE),
}
"""What may stand in the column `metric`."""
