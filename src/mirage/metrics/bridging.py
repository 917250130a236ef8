"""What a generation of points shows of bridges: how many, on which segments, in which direction.

Beside each rate stand two floors, that of the true density and that of the truth blurred to the
model's own width; what is above the second is more than widening.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics import directions, mirrors
from mirage.metrics.copies import PLACE, repeated
from mirage.metrics.endpoint import ENDPOINTS, QUARTER, Segments, between_neighbours
from mirage.metrics.rows import Row, rate
from mirage.metrics.spacing import SAME
from mirage.metrics.widening import floors, segment_floors
from mirage.metrics.width import of_blur, of_modes

FIRST = 1_000_000
"""Samples that the width is taken from, at most: its error is then a thousandth."""
WIDTHS = 0.01, 100.0
"""Of floors: a model may have no width at all, and one that learned nothing any."""


@dataclass
class Ended:
    """Where a generation's samples ended, added up part by part.

    Args:
        truth: the mixture that they should follow.
    """

    truth: GaussianMixture
    n: int = 0
    near: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ENDPOINTS, 0))
    """Those nearer to a mode than any bridge, by where they ended."""
    segments: Segments = field(init=False)
    first: list[pd.DataFrame] = field(default_factory=list)
    """The first samples, for the width."""
    far: list[pd.DataFrame] = field(default_factory=list)
    """Those far from every mode: among them all bridges."""

    def __post_init__(self) -> None:
        self.segments = between_neighbours(self.truth)

    def add(self, labels: pd.DataFrame) -> None:
        """Count some samples: columns as `endpoint.label` gives them."""
        ends = {"distance": float, "angle": float}
        labels = labels[[*PLACE, "segment", "endpoint"]].astype(ends)
        far = labels["distance"] >= QUARTER * self.segments.lengths.min()
        for name in ENDPOINTS:
            self.near[name] += int(((labels["endpoint"] == name) & ~far).sum())
        self.first.append(labels[PLACE].iloc[: max(FIRST - self.n, 0)])
        self.far.append(labels[far])
        self.n += len(labels)


@dataclass(frozen=True)
class Counts:
    """Of a generation, whose far samples count once each, however often they were drawn."""

    n: int
    hits: dict[str, int]
    bridges: np.ndarray
    """On each segment."""
    far: pd.DataFrame

    @classmethod
    def of(cls, ended: Ended) -> "Counts":
        """Without the copies."""
        far = pd.concat(ended.far, ignore_index=True)
        copies = repeated(far)
        far = far[~copies].reset_index(drop=True)
        hits = {name: ended.near[name] + int((far["endpoint"] == name).sum()) for name in ENDPOINTS}
        on = far.loc[far["endpoint"] == "bridge", "segment"]
        bridges = np.bincount(on, minlength=len(ended.segments.ends))
        return cls(ended.n - int(copies.sum()), hits, bridges, far)


def measure(ended: Ended, radius: float) -> list[Row]:
    """All metrics of where samples ended; none without samples.

    Args:
        ended: of a generation.
        radius: of a mode, in standard deviations.
    """
    if ended.n == 0:
        return []
    truth, first = ended.truth, pd.concat(ended.first, ignore_index=True)
    counts = Counts.of(ended)
    width = of_modes(first, truth)
    value, low, high = (float(number[0]) for number in (width.value, width.low, width.high))
    wide = np.clip(of_blur(first, truth)[0], *WIDTHS)
    true, blurred = floors(truth, radius, 1.0), floors(truth, radius, wide)
    rates = [
        rate(
            "endpoint_rate",
            counts.hits[name],
            counts.n,
            true[name],
            blurred=blurred[name],
            label=name,
            threshold=radius,
        )
        for name in ENDPOINTS
    ]
    return [
        *rates,
        *(_excess(row) for row in rates),
        Row("mode_width", value, len(first), low, high, floor=1.0),
        *_by_segment(ended, counts, radius, wide),
        *_by_direction(counts.far, truth),
    ]


def _excess(row: Row) -> Row:
    """What a rate has above the floor of the blurred truth."""
    value, low, high = (number - row.blurred for number in (row.value, row.low, row.high))
    return replace(
        row,
        metric="endpoint_excess",
        value=value,
        low=low,
        high=high,
        floor=np.nan,
        blurred=np.nan,
    )


def _by_segment(ended: Ended, counts: Counts, radius: float, width: np.ndarray) -> list[Row]:
    """Rates of bridges on each segment, and per standard deviation of it, where lengths differ."""
    lengths, rows = ended.segments.lengths, []
    if np.ptp(lengths) <= SAME * lengths.max():
        return []
    true, blurred = (segment_floors(ended.truth, radius, w) for w in (1.0, width))
    for segment, hits in enumerate(counts.bridges.tolist()):
        row = rate(
            "segment_rate",
            hits,
            counts.n,
            true[segment],
            blurred=blurred[segment],
            segment=segment,
            threshold=radius,
        )
        middle = lengths[segment] * (1 - 2 * QUARTER)
        scaled = {
            name: getattr(row, name) / middle
            for name in ("value", "low", "high", "floor", "blurred")
        }
        rows += [row, replace(row, metric="segment_rate_per_std", **scaled)]
    return rows


def _by_direction(far: pd.DataFrame, truth: GaussianMixture) -> list[Row]:
    """Shares of far points that lie towards neighbours, and inwards of the outer modes.

    The floor is that of random directions, and of points with a mirror image.
    """
    measures: dict[str, Callable[..., directions.Looks]] = {
        "towards_neighbours": directions.to_neighbours,
        "inwards": mirrors.inwards,
    }
    if truth.means.shape[1] == 2:
        measures["towards_second_neighbours"] = directions.to_second_neighbours
    rows = []
    for name, measure_of in measures.items():
        hits, n, expected = (float(count[0]) for count in measure_of(far, truth).counts())
        rows.append(rate(name, int(hits), int(n), expected / n if n else np.nan))
    return rows
