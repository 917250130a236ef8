"""How often each bridge is taken, where all are as long, beside the weights of what it joins.

Of segments that differ in length `metrics.bridging` tells the rates.
"""

import numpy as np
import pandas as pd

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.bridging import FIRST, WIDTHS
from mirage.metrics.endpoint import between_neighbours
from mirage.metrics.rows import Row, rate
from mirage.metrics.spacing import SAME
from mirage.metrics.widening import mode_floors
from mirage.metrics.width import of_blur


def measure(drawn: pd.DataFrame, truth: GaussianMixture, radius: float) -> list[Row]:
    """The share of samples on each bridge, `segment_rate`; none where lengths differ.

    A mode that is wider in all directions has as many points towards each neighbour, so the
    floors of a segment are shares of those of its two modes.

    Args:
        drawn: columns `mode`, `distance`, `angle`, `segment` and `endpoint`, as
            `endpoint.label` gives them.
        truth: the mixture.
        radius: of a mode, in standard deviations.
    """
    segments = between_neighbours(truth)
    if np.ptp(segments.lengths) > SAME * segments.lengths.max():
        return []
    wide = np.clip(of_blur(drawn.iloc[:FIRST], truth)[0], *WIDTHS)
    neighbours = (segments.of_mode >= 0).sum(1)
    true, blurred = (
        np.exp(truth.log_weights) * mode_floors(truth, radius, width)["bridge"] / neighbours
        for width in (1.0, wide)
    )
    on = drawn.loc[drawn["endpoint"] == "bridge", "segment"]
    hits = np.bincount(on, minlength=len(segments.ends))
    return [
        rate(
            "segment_rate",
            int(hits[segment]),
            len(drawn),
            float(true[[*ends]].sum()),
            blurred=float(blurred[[*ends]].sum()),
            segment=segment,
            threshold=radius,
        )
        for segment, ends in enumerate(segments.ends)
    ]


def weights(truth: GaussianMixture) -> pd.DataFrame:
    """Weights of the two modes that each segment joins.

    Returns:
        Columns `lighter_weight` and `heavier_weight`, a row a segment, which is the index.
    """
    pairs = np.sort(np.exp(truth.log_weights)[between_neighbours(truth).ends], axis=1)
    table = pd.DataFrame(pairs, columns=["lighter_weight", "heavier_weight"])
    return table.rename_axis("segment")
