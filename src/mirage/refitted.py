"""A mixture refitted to samples, in a network's place: what a sampler alone does to generations.

Nothing is learned here and nothing interpolated: the score is exact, so that whatever changes
from one generation to the next is the sampler's doing. Such a loop of one Gaussian is the
textbook case of models trained on their own output (Alemohammad et al. 2023, arXiv 2307.01850).
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mirage.diffusion import Schedule
from mirage.samplers import Model


@dataclass(frozen=True)
class Modes:
    """Isotropic Gaussians, each with a width of its own.

    Args:
        means: float64 [K, d].
        variances: of each coordinate: float64 [K].
        weights: which add up to 1: float64 [K].
    """

    means: Tensor
    variances: Tensor
    weights: Tensor

    def model(self, schedule: Schedule) -> Model:
        """The noise that a perfect network of this mixture would predict, in float64 inside.

        At time t the modes are N(sqrt(abar_t) mu_k, v_k I), v_k = abar_t s_k^2 + 1 - abar_t.
        """

        def noise(x: Tensor, t: Tensor) -> Tensor:
            abar = float(schedule.alphas_cumprod[int(t)])
            means, variances, weights = (
                part.to(x.device) for part in (self.means, self.variances, self.weights)
            )
            means, variances = math.sqrt(abar) * means, abar * variances + 1 - abar
            points = x.double()
            squares = points.square().sum(1, keepdim=True) + means.square().sum(1)
            squares = torch.addmm(squares, points, means.T, alpha=-2)  # to each mode: [batch, K]
            logits = weights.log() - (squares / variances + x.shape[1] * variances.log()) / 2
            pull = logits.softmax(1) / variances
            score = pull @ means - pull.sum(1, keepdim=True) * points
            return (-math.sqrt(1 - abar) * score).to(x.dtype)

        return noise


def fit(points: np.ndarray, modes: np.ndarray) -> Modes:
    """The mixture of some samples, each of a known mode.

    Maximum likelihood, as expectation-maximisation also finds it where modes stand so far apart
    that each sample is surely of one; but variances are over n - 1, so that none is lost by
    fitting. A mode with fewer than two samples is gone.

    Args:
        points: [n, d].
        modes: of each: int [n].

    Raises:
        ValueError: if no mode has two samples.
    """
    counts = np.bincount(modes)
    found = np.flatnonzero(counts > 1)
    if not len(found):
        raise ValueError(f"no mode has two of the {len(points)} samples that it is refitted to")
    of_mode = [points[modes == mode].astype(np.float64) for mode in found]
    means = np.stack([of.mean(0) for of in of_mode])
    variances = np.array([of.var(0, ddof=1).mean() for of in of_mode])
    weights = counts[found] / counts[found].sum()
    return Modes(*map(torch.from_numpy, (means, variances, weights)))
