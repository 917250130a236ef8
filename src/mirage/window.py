"""Over which reverse steps Hal is of use, predicted from the noise and the spacing.

While the noise is as wide as half the way to the next mode, x0_hat moves in valid samples
too; once it is well below, only samples between modes still move.
"""

from collections.abc import Sequence

from mirage.diffusion import Schedule

FRACTION = 0.25
"""Of half the spacing, that the noise may reach. Measured on the grid, where five steps
(noise of 0.24 of it) tell best."""


def predict(
    schedule: Schedule, times: Sequence[int], spacing: float, fraction: float = FRACTION
) -> tuple[int, int]:
    """The window [0, T2] that ends (backwards in time) where sigma_t reaches a fraction.

    Args:
        schedule: the forward process.
        times: of the reverse steps, from the first to the last.
        spacing: between nearest modes, in data units.
        fraction: of half the spacing.

    Returns:
        Steps before the end, both counted; at least the last two.
    """
    levels = schedule.noise_levels[list(times)]
    useful = int((levels <= fraction * spacing / 2).sum())
    return 0, max(useful - 1, 1)
