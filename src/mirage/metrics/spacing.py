"""How far apart modes must be for bridges between them to be told from the modes."""

from mirage.datasets.mixtures import GaussianMixture

LEAST_SPACING = 4.0
"""In radii, between the nearest modes: a bridge begins at a quarter of it, beyond the radius."""
SAME = 1e-9
"""Distances that differ by a smaller share are equal, and angles by less."""


class SpacingError(ValueError):
    """Modes so close that bridges cannot be told from the modes themselves."""


def require_spacing(mixture: GaussianMixture, radius: float) -> None:
    """Refuse a mixture whose modes are too close for the labels of `metrics.endpoint`.

    Args:
        mixture: of two modes or more.
        radius: of a mode, in standard deviations.

    Raises:
        SpacingError: if the nearest modes are less than four radii apart.
    """
    spacing, least = mixture.spacing / mixture.std, LEAST_SPACING * radius
    if spacing < least * (1 - SAME):
        raise SpacingError(
            f"modes {spacing:g} std apart are too close to tell bridges at a radius of"
            f" {radius:g} std: it takes {least:g} std"
        )
