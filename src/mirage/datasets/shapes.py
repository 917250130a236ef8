"""Simple Shapes: a triangle, a square and a pentagon, each in a column of its own.

The rules are those of the official generator of Aithal et al. (2024), which works at 64
pixels: three columns, each holding its one shape with probability 1/2 (`presence`), white on
black, anywhere that the generator's ranges allow; blank pictures are dropped. At 32 pixels the
same rules hold with halved lengths. The official code is not copied: outlines, ranges and
their consequences are stated here as numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from mirage.datasets.base import Distribution, Drawn, Tables
from mirage.registry import dataset, option

if TYPE_CHECKING:
    import pandas as pd

    from mirage.detectors import Score
    from mirage.metrics.rows import Row

SHAPES = ("triangle", "square", "pentagon")
"""In the order of their columns; shape i stands in column i, and is bit i of a label."""

COMBINED = ("duplicate", "wrong_column")
"""Labels of pictures of true shapes, each whole, as no draw could combine them."""


@dataclass(frozen=True)
class Geometry:
    """Lengths in pixels."""

    column: int
    """Width of each of the three columns, which begin at the left."""
    height: int
    """Rows that may be drawn in, from the top."""
    triangle: int
    """Side of the triangle, which stands on its tip."""
    square: int
    """Side of the square between the centres of its outermost pixels."""
    radius: float
    """Circumradius of the pentagon, one of whose corners points to the right."""


# At 64 pixels the official lengths, all from an area of 60 pixels.
GEOMETRY = {
    64: Geometry(column=21, height=63, triangle=11, square=7, radius=5),
    32: Geometry(column=10, height=31, triangle=5, square=3, radius=2.5),
}


@dataclass(frozen=True)
class Shape:
    """One shape: its pixels, its column, and where in it the shape may stand.

    Positions are those of the upper left corner of `template` in its column. Where a
    template reaches beyond the right end of the column, it is cut off there: at 64
    pixels the rightmost triangle and pentagon lack one pixel of a tip.
    """

    name: str
    template: np.ndarray  # bool [height, width], with no empty row or column at its rim
    column: int
    top: tuple[int, int]
    """First and last row allowed."""
    left: tuple[int, int]
    """First and last place allowed, counted from the column's left end."""


@dataclass(frozen=True)
class SimpleShapes:
    """The distribution of pictures of one size, and with it their exact support."""

    size: int
    column: int
    """Width of a column."""
    shapes: tuple[Shape, ...]
    presence: float = 0.5
    """Probability of each shape, before blank pictures are dropped."""

    @cached_property
    def weights(self) -> np.ndarray:
        """Probabilities of the sets of shapes 1 to 7, where bit i stands for shape i: [7]."""
        sets = np.arange(1, 1 << len(self.shapes))
        there = (sets[:, None] >> np.arange(len(self.shapes)) & 1).sum(1)
        odds = self.presence**there * (1 - self.presence) ** (len(self.shapes) - there)
        return odds / odds.sum()

    @property
    def independent_blanks(self) -> float:
        """The share of blank pictures, were each column drawn without a look at the others."""
        return (1 - self.presence) ** len(self.shapes)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n pictures: (float32 [n, 1, size, size] in [-1, 1], labels int16 [n]).

        A label has bit i set where shape i is there: 1 to 7. Where each shape is there with
        probability 1/2 and blank pictures are dropped, the seven are equally likely, so
        that one, two and three shapes have probability 3/7, 3/7 and 1/7.
        """
        if self.presence == 0.5:  # whole numbers are even to the last bit
            labels = rng.integers(1, 1 << len(self.shapes), n).astype(np.int16)
        else:
            labels = (1 + rng.choice(len(self.weights), n, p=self.weights)).astype(np.int16)
        pictures = self.blank(n)
        for bit, shape in enumerate(self.shapes):
            rows = np.flatnonzero(labels >> bit & 1)
            top = rng.integers(shape.top[0], shape.top[1] + 1, len(rows))
            left = rng.integers(shape.left[0], shape.left[1] + 1, len(rows))
            self.draw(pictures, rows, shape, top, left)
        return scaled(pictures), labels

    def blank(self, n: int) -> np.ndarray:
        """n black pictures to draw in: bool [n, size, size]."""
        return np.zeros((n, self.size, self.size), bool)

    def draw(
        self,
        pictures: np.ndarray,
        rows: np.ndarray,
        shape: Shape,
        top: np.ndarray,
        left: np.ndarray,
        column: int | np.ndarray | None = None,
    ) -> None:
        """Add a shape to some of the pictures, in place, cut off at its column's right end.

        Args:
            pictures: bool [n, size, size].
            rows: which of them: int [m].
            shape: what to draw; nothing checks that it is allowed there.
            top, left: of the template, in the column: int [m].
            column: to draw in, each its own or one for all; by default the shape's.
        """
        column = np.broadcast_to(shape.column if column is None else column, rows.shape)
        y, x = np.nonzero(shape.template)
        x = left[:, None] + x
        inside = x < self.column
        y = np.broadcast_to(top[:, None] + y, x.shape)[inside]
        x = (column[:, None] * self.column + x)[inside]
        pictures[np.broadcast_to(rows[:, None], inside.shape)[inside], y, x] = True


def scaled(pictures: np.ndarray) -> np.ndarray:
    """Pictures as networks take them: [n, size, size] of [0, 1] to float32 [n, 1, size, size]."""
    return (pictures.astype(np.float32) * 2 - 1)[:, None]


def of_size(size: int, presence: float = 0.5) -> SimpleShapes:
    """The distribution of pictures of `size` pixels a side, 32 or 64; presence: of each shape."""
    geometry = GEOMETRY[size]
    width, height, side = geometry.column, geometry.height, geometry.triangle
    triangle, _ = _outline([(0, 0), (side, 0), (side // 2, int(side * math.sqrt(3) / 2))], geometry)
    pentagon, (up, back) = _outline(
        [_corner(geometry.radius, corner) for corner in range(5)], geometry
    )
    square = np.ones((geometry.square + 1,) * 2, bool)
    # The pentagon's centre keeps its radius from every side.
    first, reach = math.ceil(geometry.radius), geometry.radius
    shapes = (
        Shape("triangle", triangle, 0, top=(0, height - side), left=(0, width - side)),
        # Squares keep twice their side from the far ends, and one pixel from the near ones.
        Shape(
            "square",
            square,
            1,
            top=(1, height - 2 * geometry.square),
            left=(1, width - 2 * geometry.square),
        ),
        Shape(
            "pentagon",
            pentagon,
            2,
            top=(first - up, math.floor(height - reach) - up),
            left=(first - back, math.floor(width - reach) - back),
        ),
    )
    return SimpleShapes(size, width, shapes, presence)


def _corner(radius: float, number: int) -> tuple[float, float]:
    angle = 2 * math.pi * number / 5
    return radius * math.cos(angle), -radius * math.sin(angle)


def _outline(
    corners: list[tuple[float, float]], geometry: Geometry
) -> tuple[np.ndarray, tuple[int, int]]:
    """Fill a polygon: its pixels, and how far its origin lies below and right of the first."""
    from PIL import Image, ImageDraw

    origin = geometry.column
    canvas = Image.new("1", (3 * origin, 3 * origin))
    polygon = [(origin + x, origin + y) for x, y in corners]
    ImageDraw.Draw(canvas).polygon(polygon, fill=1, outline=1)
    pixels = np.asarray(canvas)
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cut.copy(), (int(origin - rows[0]), int(origin - columns[0]))


@dataset("shapes")
class Shapes(Distribution):
    """Simple Shapes: triangles, squares and pentagons, at most one in each of three columns."""

    image_size: Literal[32, 64] = option(
        64, doc="Pixels a side: 64 as published, 32 with all lengths halved."
    )
    presence: float = option(
        0.5,
        above=0,
        at_most=1,
        doc="Probability that a column holds its shape, before blank pictures are dropped; "
        "0.5 as published.",
    )

    needs = ("counter", "audit")
    label_columns = {
        "label": "string",
        "triangles": "int16",
        "squares": "int16",
        "pentagons": "int16",
        "unknown": "int16",
        "match": "float32",
        "contrast": "float32",
        "found": "string[]",
        "matches": "float32[]",
        "tops": "float32[]",
        "haze": "float32",
        "noise": "float32",
        "brightness": "float32",
    }
    detected = COMBINED
    figures = (
        "trajectories",
        "hal_histogram",
        "roc",
        "objects",
        "shapes",
        "shapes_sheet",
        "confusion",
        "embedding",
    )
    later_figures = ("rate_by_generation", "types_by_generation")

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, self.image_size, self.image_size)

    @cached_property
    def distribution(self) -> SimpleShapes:
        """The distribution of pictures, with its exact support."""
        return of_size(self.image_size, self.presence)

    def draw(self, n: int, rng: np.random.Generator) -> Drawn:
        return self.distribution.sample(n, rng)

    def label(self, samples: np.ndarray, radius: float, tables: Tables) -> pd.DataFrame:
        from mirage.labels.shapes import Thresholds, label_pictures

        return label_pictures(samples, self.distribution, Thresholds.from_table(tables["counter"]))

    def measure(
        self,
        scores: Iterable[pd.DataFrame],
        every: Sequence[Score],
        radius: float,
        tables: Tables,
    ) -> list[Row]:
        import pandas as pd

        from mirage.labels.shapes import CLEAR
        from mirage.metrics import objects, shapes

        pictures = pd.concat(scores, ignore_index=True)
        rows = shapes.measure(
            pictures, tables["counter"], tables["audit"], self.distribution.weights
        )
        rows += shapes.auroc_by_type(pictures, every)
        clear = pictures[pictures["match"] >= CLEAR]  # no deformed one, and none by its blur
        return rows + objects.measure(pd.concat(self.judged([clear])), every)

    def choose(
        self, real: pd.DataFrame, scores: pd.DataFrame, count: int, tables: Tables
    ) -> dict[str, pd.DataFrame]:
        """By squares: two are no true picture."""
        from mirage import frames
        from mirage.bottleneck import choose_by_squares

        pictures = frames.to_array(real, self.shape)
        counted = real[["sample"]].join(self.label(pictures, 0, tables))
        return {
            source: choose_by_squares(table, self.distribution, count)
            for source, table in (("real", counted), ("generated", scores))
        }
