"""A rule that only counts white pixels, column by column.

Published code judges Simple Shapes so: the validator of VSM (arXiv 2606.00377) passes a
picture once the count of one column fits that column's shape. It is here to show what
such a rule lets pass; nothing else uses it.
"""

import numpy as np

from mirage.datasets.shapes import SimpleShapes

TOLERANCE = 1 / 16
"""Share of a shape's pixels by which a count may be off: four of a square's 64."""


def label_pictures(pictures: np.ndarray, truth: SimpleShapes) -> np.ndarray:
    """Judge pictures [n, 1, size, size] in [-1, 1]: `valid` or `invalid`, [n]."""
    white = pictures[:, 0] > 0
    fits = np.zeros(len(white), bool)
    for shape in truth.shapes:
        start = shape.column * truth.column
        count = white[:, :, start : start + truth.column].sum((1, 2))
        area = shape.template.sum()
        fits |= np.abs(count - area) <= TOLERANCE * area
    return np.where(fits, "valid", "invalid")
