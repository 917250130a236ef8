"""Points of a mixture: valid, interpolated or invalid.

The three classes follow "Why DDIM hallucinates more than DDPM" (arXiv 2605.06831):
a sample is valid near a mode, interpolated near the segment that joins its two
nearest modes, and invalid elsewhere.
"""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from mirage.datasets.mixtures import GaussianMixture

LABELS = ("valid", "interpolated", "invalid")


def label_points(points: np.ndarray, mixture: GaussianMixture, radius: float) -> pd.DataFrame:
    """Tell each point's nearest mode, its distance and its label.

    Args:
        points: [n, d].
        radius: in standard deviations, how far from a mode or a segment still
            belongs to it.

    Returns:
        Columns `mode`, `distance` (to that mode, in standard deviations), `label`.
        A point that is not finite is invalid, at infinite distance from mode -1.
    """
    finite = np.isfinite(points).all(1)
    points = np.where(finite[:, None], points, 0)
    distances, modes = cKDTree(mixture.means).query(points, k=2)
    start, end = mixture.means[modes[:, 0]], mixture.means[modes[:, 1]]
    to_segment = np.linalg.norm(_offset_from_segments(points, start, end), axis=1)
    reach = radius * mixture.std
    label = np.select([distances[:, 0] <= reach, to_segment <= reach], LABELS[:2], LABELS[2])
    return pd.DataFrame(
        {
            "mode": np.where(finite, modes[:, 0], -1),
            "distance": np.where(finite, distances[:, 0] / mixture.std, np.inf),
            "label": np.where(finite, label, LABELS[2]),
        }
    )


def _offset_from_segments(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = end - start
    share = ((points - start) * along).sum(1) / (along**2).sum(1)
    return points - start - np.clip(share, 0, 1)[:, None] * along
