"""Where hallucinated points lie: on segments between neighbouring modes, or elsewhere."""

import numpy as np
import pandas as pd
from scipy.spatial import ConvexHull, Delaunay, cKDTree
from scipy.spatial.distance import pdist

from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.rows import rate

PLACES = ("nearest", "diagonal", "elsewhere")
CHANCE_POINTS = 200_000


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


def places(points: np.ndarray, mixture: GaussianMixture, radius: float) -> np.ndarray:
    """Where each hallucinated point lies, as one of PLACES: [n].

    A point is on a segment within `radius` standard deviations of it; nearest neighbours
    go before diagonals, which cross no other segment but at modes.
    """
    on_nearest = nearest_segment(points, mixture, pairs(mixture))[1] <= radius
    on_diagonal = nearest_segment(points, mixture, pairs(mixture, shell=1))[1] <= radius
    return np.select([on_nearest, on_diagonal], PLACES[:2], PLACES[2])


def chance(mixture: GaussianMixture, radius: float, rng: np.random.Generator) -> dict[str, float]:
    """Shares of PLACES among points uniform over the modes' convex hull, outside every mode."""
    hull = Delaunay(mixture.means[ConvexHull(mixture.means).vertices])
    low, high = mixture.means.min(0), mixture.means.max(0)
    points = rng.uniform(low, high, (CHANCE_POINTS, len(low)))
    points = points[hull.find_simplex(points) >= 0]
    points = points[cKDTree(mixture.means).query(points)[0] > radius * mixture.std]
    found = places(points, mixture, radius)
    return {place: float((found == place).mean()) for place in PLACES}


def measure(
    points: np.ndarray,
    labels: pd.Series,
    mixture: GaussianMixture,
    radius: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Shares of hallucinated points by place, against what chance would give.

    Args:
        points: [n, d], of d = 2 or more.
        labels: of the points; everything but `valid` counts.
        radius: in standard deviations.
        rng: for the points of chance.

    Returns:
        Columns `place`, `value`, `low`, `high` (Wilson), `chance` and `n`, the hallucinations;
        NaN where there are none. Points that are not finite are elsewhere.
    """
    hallucinated = points[(labels != "valid").to_numpy()]
    finite = np.isfinite(hallucinated).all(1)
    found = np.full(len(hallucinated), PLACES[2], dtype=object)
    found[finite] = places(hallucinated[finite], mixture, radius)
    expected = chance(mixture, radius, rng)
    rows = []
    for place in PLACES:
        row = rate("share", (found == place).sum(), len(found))
        rows.append(
            {
                "place": place,
                "value": row.value,
                "low": row.low,
                "high": row.high,
                "chance": expected[place],
                "n": row.n,
            }
        )
    return pd.DataFrame(rows)
