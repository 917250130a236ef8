"""Which modes of a lattice are neighbours, and which segment between them a point is near."""

import numpy as np
from scipy.spatial.distance import pdist

from mirage.datasets.mixtures import GaussianMixture


def pairs(mixture: GaussianMixture, shell: int = 0) -> np.ndarray:
    """Pairs of modes at the smallest distance (shell 0), or at the next (shell 1): int [P, 2]."""
    distances = pdist(mixture.means)
    levels = np.unique(np.round(distances / distances.min(), 6))
    level = levels[shell] * distances.min()
    first, second = np.triu_indices(len(mixture.means), 1)
    chosen = np.isclose(distances, level)
    return np.stack([first[chosen], second[chosen]], 1)


def nearest_segment(
    points: np.ndarray, mixture: GaussianMixture, joined: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The segment nearest to each point, and its distance in standard deviations: [n] each.

    points: [n, d]; joined: pairs of modes [P, 2].
    """
    best = np.full(len(points), np.inf)
    which = np.zeros(len(points), int)
    for index, (a, b) in enumerate(joined):
        start, along = mixture.means[a], mixture.means[b] - mixture.means[a]
        share = np.clip((points - start) @ along / (along @ along), 0, 1)
        distance = np.linalg.norm(points - start - share[:, None] * along, axis=1)
        closer = distance < best
        best[closer], which[closer] = distance[closer], index
    return which, best / mixture.std
