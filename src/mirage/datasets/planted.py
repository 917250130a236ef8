"""Simple Shapes with an error planted by rule, to see what a counter of shapes misses.

Each function draws pictures that no draw of the true distribution could give, with
everything but the error as drawn. `degrade` then blurs pictures and adds noise, as a
diffusion model does.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from mirage.datasets.shapes import SHAPES, Shape, SimpleShapes, scaled

Planter = Callable[[SimpleShapes, int, np.random.Generator], np.ndarray]
"""Draws n pictures with one kind of error: [n, size, size] of [0, 1]."""

Place = Callable[[Shape, int], tuple[np.ndarray, np.ndarray]]
"""Draws n places for a shape: top and left, each int [n]."""

FAINT, GREY = (0.25, 0.45), (0.5, 0.6)
"""Intensities of a shape that is nearer to black, and of one that is nearer to white."""


def plant(truth: SimpleShapes, kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n pictures with an error of KINDS: float32 [n, 1, size, size] in [-1, 1]."""
    _, planter = KINDS[kind]
    return scaled(planter(truth, n, rng))


def degrade(
    pictures: np.ndarray, blur: float, haze: float, noise: float, rng: np.random.Generator
) -> np.ndarray:
    """Blur pictures, lift their background and add noise to them.

    Args:
        pictures: [n, 1, size, size] in [-1, 1], black is -1.
        blur: standard deviation of the Gaussian, in pixels.
        haze: grey that is added to black, with white minus black as 1; white stays.
        noise: standard deviation of the normal noise, in the same unit.
        rng: of the noise.

    Returns:
        Pictures clipped to [-1, 1]: float32 [n, 1, size, size].
    """
    light = (ndimage.gaussian_filter(pictures, (0, 0, blur, blur), mode="nearest") + 1) / 2
    light = haze + (1 - haze) * light + noise * rng.standard_normal(light.shape, np.float32)
    return light.clip(0, 1) * 2 - 1


def duplicate(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """Two of a shape in its own column."""
    kinds = rng.integers(len(SHAPES), size=n)
    pictures = _others(truth, [kinds], rng)
    for _ in range(2):
        _add(truth, pictures, kinds, kinds, rng)
    return pictures


def duplicate_elsewhere(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """Two of a shape, one of them in a column that is not its own."""
    kinds, away = _two_columns(n, rng)
    pictures = _others(truth, [kinds, away], rng)
    for column in (kinds, away):
        _add(truth, pictures, kinds, column, rng)
    return pictures


def wrong_column(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """A shape in a column that is not its own; both columns are empty otherwise."""
    kinds, away = _two_columns(n, rng)
    pictures = _others(truth, [kinds, away], rng)
    _add(truth, pictures, kinds, away, rng)
    return pictures


def out_of_position(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """A whole shape in its column, at least one pixel beyond its range."""
    outside = {shape.name: _outside(truth, shape) for shape in truth.shapes}

    def place(shape: Shape, count: int) -> tuple[np.ndarray, np.ndarray]:
        top, left = rng.choice(outside[shape.name], count).T
        return top, left

    able = [index for index, shape in enumerate(truth.shapes) if len(outside[shape.name])]
    kinds = rng.choice(able, n)
    pictures = _others(truth, [kinds], rng)
    _add(truth, pictures, kinds, kinds, rng, place)
    return pictures


def merged(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """Two shapes in one column; the second begins in the lower half of the first or right below."""
    kinds, partners = rng.integers(len(SHAPES), size=(2, n))
    pictures = _others(truth, [kinds], rng)
    for first, shape in enumerate(truth.shapes):
        for second, partner in enumerate(truth.shapes):
            rows = np.flatnonzero((kinds == first) & (partners == second))
            height, width = partner.template.shape
            low = len(shape.template)
            top = rng.integers(truth.size - low - height, size=len(rows))
            left = _between(shape.left, len(rows), rng)
            down = (rng.uniform(0.5, 1, len(rows)) * low).round().astype(int)
            aside = np.clip(left + rng.integers(-2, 3, len(rows)), 0, truth.column - width)
            truth.draw(pictures, rows, shape, top, left)
            truth.draw(pictures, rows, partner, top + down, aside, first)
    return pictures


def cut(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """A shape that lacks 30 to 50 % of its pixels, beyond a random straight line."""
    one, others = _one_apart(truth, n, rng)
    y, x = np.indices(one.shape[1:])
    angle = rng.uniform(0, 2 * np.pi, (n, 1, 1))
    along = np.where(one, np.cos(angle) * x + np.sin(angle) * y, np.inf).reshape(n, -1)
    kept = (rng.uniform(0.5, 0.7, n) * one.sum((1, 2))).astype(int)
    limit = np.sort(along, 1)[np.arange(n), kept]
    return others | (along < limit[:, None]).reshape(one.shape)


def thick(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """A shape that is too large: grown by a quarter or so in each direction."""
    one, others = _one_apart(truth, n, rng)
    reach = truth.size // 32
    return others | ndimage.binary_dilation(one, np.ones((1, *[2 * reach + 1] * 2)))


def hybrid(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """The upper half of one shape on the lower half of another, their middles aligned."""
    kinds, below = _two_columns(n, rng)
    pictures = _others(truth, [kinds], rng)
    for index, shape in enumerate(truth.shapes):
        for other, partner in enumerate(truth.shapes):
            rows = np.flatnonzero((kinds == index) & (below == other))
            template = _joined(shape.template, partner.template)
            form = Shape("hybrid", template, index, shape.top, (0, 0))
            room = truth.column - template.shape[1]
            top, left = _between(shape.top, len(rows), rng), rng.integers(room + 1, size=len(rows))
            truth.draw(pictures, rows, form, top, left)
    return pictures


def faint(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """A shape that is plain to the eye, but nearer to black than to white."""
    return _dimmed(truth, n, rng, FAINT)


def grey(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """A shape that is nearer to white than to black, but not white."""
    return _dimmed(truth, n, rng, GREY)


def blank(truth: SimpleShapes, n: int, rng: np.random.Generator) -> np.ndarray:
    """Nothing at all."""
    return truth.blank(n)


KINDS: dict[str, tuple[str, Planter]] = {
    "duplicate": ("duplicate", duplicate),
    "duplicate_elsewhere": ("duplicate", duplicate_elsewhere),
    "wrong_column": ("wrong_column", wrong_column),
    "out_of_position": ("out_of_position", out_of_position),
    "merged": ("malformed", merged),
    "cut": ("malformed", cut),
    "thick": ("malformed", thick),
    "hybrid": ("malformed", hybrid),
    "faint": ("malformed", faint),
    "grey": ("malformed", grey),
    "blank": ("blank", blank),
}
"""Each kind of error: the label it should get, and what draws it."""


def _two_columns(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two different ones of the three, n times: int [n] each."""
    first = rng.integers(len(SHAPES), size=n)
    return first, (first + rng.integers(1, len(SHAPES), n)) % len(SHAPES)


def _others(
    truth: SimpleShapes, excluded: list[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Draw true shapes, each with probability 1/2, beside the columns of the error.

    excluded: columns to leave empty in each picture: int [n] each; at least one.
    """
    pictures = truth.blank(len(excluded[0]))
    for index, shape in enumerate(truth.shapes):
        here = rng.random(len(pictures)) < 0.5
        for columns in excluded:
            here &= columns != index
        rows = np.flatnonzero(here)
        truth.draw(pictures, rows, shape, *_in_range(shape, len(rows), rng))
    return pictures


def _one_apart(
    truth: SimpleShapes, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One true shape, and the others of the same picture: bool [n, size, size] each."""
    kinds = rng.integers(len(SHAPES), size=n)
    one = truth.blank(n)
    for index, shape in enumerate(truth.shapes):
        rows = np.flatnonzero(kinds == index)
        truth.draw(one, rows, shape, *_in_range(shape, len(rows), rng))
    return one, _others(truth, [kinds], rng)


def _dimmed(
    truth: SimpleShapes, n: int, rng: np.random.Generator, intensities: tuple[float, float]
) -> np.ndarray:
    one, others = _one_apart(truth, n, rng)
    return np.maximum(others, rng.uniform(*intensities, (n, 1, 1)) * one)


def _add(
    truth: SimpleShapes,
    pictures: np.ndarray,
    kinds: np.ndarray,
    columns: np.ndarray,
    rng: np.random.Generator,
    place: Place | None = None,
) -> None:
    """Add a shape to each picture, in place, with a pixel of black between it and others.

    Args:
        pictures: bool [n, size, size].
        kinds, columns: which shape goes into which column: int [n].
        place: where; by default anywhere in the shape's range.
    """
    place = place or (lambda shape, count: _in_range(shape, count, rng))
    waiting = np.arange(len(pictures))
    while len(waiting):
        new = truth.blank(len(waiting))
        for index, shape in enumerate(truth.shapes):
            rows = np.flatnonzero(kinds[waiting] == index)
            truth.draw(new, rows, shape, *place(shape, len(rows)), columns[waiting[rows]])
        touching = ndimage.binary_dilation(new, np.ones((1, 5, 5))) & pictures[waiting]
        free = ~touching.any((1, 2))
        pictures[waiting[free]] |= new[free]
        waiting = waiting[~free]


def _in_range(shape: Shape, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return _between(shape.top, n, rng), _between(shape.left, n, rng)


def _between(ends: tuple[int, int], n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(ends[0], ends[1] + 1, n)


def _outside(truth: SimpleShapes, shape: Shape) -> np.ndarray:
    """Places in its column where a whole shape may not stand: int [places, 2]."""
    height, width = shape.template.shape
    places = np.indices((truth.size - height + 1, truth.column - width + 1)).reshape(2, -1).T
    low, high = np.array([shape.top, shape.left]).T
    return places[((places < low) | (places > high)).any(1)]


def _joined(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The upper half of one template over the lower half of another."""
    halves = upper[: len(upper) // 2], lower[len(lower) // 2 :]
    width = max(half.shape[1] for half in halves)
    rows = []
    for half in halves:
        room = width - half.shape[1]
        rows.append(np.pad(half, ((0, 0), (room // 2, room - room // 2))))
    return np.concatenate(rows)
