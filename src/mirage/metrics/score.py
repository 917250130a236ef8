"""The learned score beside the true one: along lines through modes, and at midpoints.

Positions are in data units: a place u stands for x_t = sqrt(abar_t) u, where the modes
stay in place whatever the noise.
"""

import math

import numpy as np
import pandas as pd
import torch

from mirage import frames
from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import Schedule
from mirage.exact import DiffusedMixture
from mirage.metrics.bridges import nearest_segment, pairs
from mirage.samplers import Model

POINTS, FIELD = 401, 41
STEP = 0.01
"""Of half the spacing: how far from a midpoint its slope is taken."""


def time_at(schedule: Schedule, fraction: float, spacing: float) -> int:
    """The time whose noise sigma_t is nearest to a fraction of half the spacing."""
    return int(np.abs(schedule.noise_levels - fraction * spacing / 2).argmin())


def lines(mixture: GaussianMixture) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Start and end of a line through modes: all of them (1D), or along an edge and a diagonal.

    Lines in the plane begin at the mode nearest to the centre; all reach half a spacing
    beyond their outer modes.
    """
    if mixture.means.shape[1] == 1:
        room = mixture.spacing / 2
        return {"modes": (mixture.means.min(0) - room, mixture.means.max(0) + room)}
    centre = int(np.linalg.norm(mixture.means - mixture.means.mean(0), axis=1).argmin())
    ends = {}
    for shell, name in enumerate(("edge", "diagonal")):
        joined = pairs(mixture, shell)
        other = joined[(joined == centre).any(1)].max(1).max()
        along = mixture.means[other] - mixture.means[centre]
        ends[name] = mixture.means[centre] - along / 2, mixture.means[other] + along / 2
    return ends


def along_lines(model: Model, truth: DiffusedMixture, times: list[int]) -> pd.DataFrame:
    """Score and x0_hat, learned and true, projected on each line.

    Returns:
        Columns `line`, `t`, `position` (data units, from the line's first mode; in 1D the
        coordinate), `true_score`, `learned_score`, `true_x0_hat`, `learned_x0_hat` (both in
        the units and from the origin of `position`).
    """
    parts = []
    for name, (start, end) in lines(truth.mixture).items():
        length = np.linalg.norm(end - start)
        along = (end - start) / length
        line = truth.mixture.means.shape[1] == 1
        origin = np.zeros_like(start) if line else start + (end - start) / 4
        places = start + np.linspace(0, 1, POINTS)[:, None] * (end - start)
        for t in times:
            values = _compare(model, truth, places, t)
            part = {"line": name, "t": t, "position": (places - origin) @ along}
            for source, (score, x0_hat) in values.items():
                part |= {f"{source}_score": score @ along}
                part |= {f"{source}_x0_hat": (x0_hat - origin) @ along}
            parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def field(model: Model, truth: DiffusedMixture, t: int) -> pd.DataFrame:
    """Both scores over one cell of the lattice about its centre: four modes and between.

    Returns:
        Columns `t`, `x0`, `x1` (data units), `true_score0`, `true_score1`, `learned_score0`,
        `learned_score1`.
    """
    start, end = lines(truth.mixture)["diagonal"]
    middle, half = (start + end) / 2, truth.mixture.spacing
    axis = np.linspace(-half, half, FIELD)
    places = middle + np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
    table = {"t": t, "x0": places[:, 0], "x1": places[:, 1]}
    for source, (score, _) in _compare(model, truth, places, t).items():
        table |= {f"{source}_score{axis}": score[:, axis] for axis in (0, 1)}
    return pd.DataFrame(table)


def midpoint_slopes(model: Model, truth: DiffusedMixture, t: int) -> pd.DataFrame:
    """Slope of the score at the midpoint of each pair of nearest neighbours, along the pair.

    The true slope is positive where the pair is told apart: the score jumps from one mode's
    pull to the other's. A smooth network's is smaller.

    Returns:
        Columns `first`, `second` (modes), `t`, `true_slope`, `learned_slope` (per squared
        data unit), `ratio` (learned over true).
    """
    means = truth.mixture.means
    joined = pairs(truth.mixture)
    first, second = means[joined[:, 0]], means[joined[:, 1]]
    along = (second - first) / np.linalg.norm(second - first, axis=1, keepdims=True)
    step = STEP * truth.mixture.spacing / 2
    ends = [(first + second) / 2 + sign * step * along for sign in (1, -1)]
    ahead, behind = (_compare(model, truth, end, t) for end in ends)
    slopes = {"first": joined[:, 0], "second": joined[:, 1], "t": t}
    for source in ("true", "learned"):
        rise = ((ahead[source][0] - behind[source][0]) * along).sum(1)
        slopes[f"{source}_slope"] = rise / (2 * step)
    table = pd.DataFrame(slopes)
    return table.assign(ratio=table["learned_slope"] / table["true_slope"])


def slopes_at(model: Model, truth: DiffusedMixture, times: dict[float, int]) -> pd.DataFrame:
    """The same with `noise_fraction`, the key of each time."""
    parts = [
        midpoint_slopes(model, truth, t).assign(noise_fraction=fraction)
        for fraction, t in times.items()
    ]
    return pd.concat(parts, ignore_index=True)


def pair_counts(drawn: pd.DataFrame, mixture: GaussianMixture, radius: float) -> pd.DataFrame:
    """Hallucinated samples within `radius` of each pair's segment: `first`, `second`, `hits`, `n`.

    drawn: columns `x0`, ... and `label`.
    """
    joined = pairs(mixture)
    points = frames.to_array(drawn[drawn["label"] != "valid"], mixture.means.shape[1:])
    which, distance = nearest_segment(points[np.isfinite(points).all(1)], mixture, joined)
    hits = np.bincount(which[distance <= radius], minlength=len(joined))
    return pd.DataFrame(
        {"first": joined[:, 0], "second": joined[:, 1], "hits": hits, "n": len(drawn)}
    )


@torch.inference_mode()
def _compare(
    model: Model, truth: DiffusedMixture, places: np.ndarray, t: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Score (in data units) and x0_hat of both models at places [n, d]: each [n, d]."""
    abar = float(truth.schedule.alphas_cumprod[t])
    time = torch.tensor(t)
    exact = torch.from_numpy(places) * math.sqrt(abar)
    noises = {
        "true": truth.noise(exact, time).numpy(),
        "learned": model(exact.float(), time).double().numpy(),
    }
    sigma = math.sqrt((1 - abar) / abar)
    return {
        # d log q / d u = sqrt(abar) d log q / d x_t, and the score is -eps / sqrt(1 - abar).
        name: (-noise / sigma, places - sigma * noise)
        for name, noise in noises.items()
    }
