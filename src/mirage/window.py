"""Over which reverse steps Hal is of use, predicted from the noise and the spacing.

While the noise is as wide as half the way to the next mode, x0_hat moves in valid samples
too; once it is well below, only samples between modes still move. Plain Python: the
config is read by a launcher without NumPy.
"""

import math
from collections.abc import Sequence

FRACTION = 0.25
"""Of half the spacing, that the noise may reach. Measured on the grid, where five steps
(noise of 0.24 of it) tell best."""


def noise_levels(betas: Sequence[float], times: Sequence[int]) -> list[float]:
    """sigma_t = sqrt((1 - abar_t) / abar_t), the noise in data units, at each time."""
    log_abar, levels = 0.0, []
    for beta in betas:
        log_abar += math.log1p(-beta)
        levels.append(math.sqrt(math.expm1(-log_abar)))
    return [levels[t] for t in times]


def predict(
    betas: Sequence[float], times: Sequence[int], spacing: float, fraction: float = FRACTION
) -> tuple[int, int]:
    """The window [0, T2] that ends (backwards in time) where sigma_t reaches a fraction.

    Args:
        betas: the noise schedule.
        times: of the reverse steps, from the first to the last.
        spacing: between nearest modes, in data units.
        fraction: of half the spacing.

    Returns:
        Steps before the end, both counted; at least the last two.
    """
    levels = noise_levels(betas, times)[::-1]
    useful = sum(level <= fraction * spacing / 2 for level in levels)
    return 0, max(useful - 1, 1)
