"""Pictures of Simple Shapes: which shapes are there, and whether any draw could give them.

Connected bright regions are objects. Each is compared with every shape's template at all
positions, half pixels included, by normalised correlation over a window that is black
elsewhere: what a template does not explain lowers its score. Intensities are counted from
a picture's background, its median, and the noise seen beside objects is taken off their
variance: the eye forgives both. Three thresholds, calibrated by
`mirage.labels.calibration`, decide what is a shape at all; its column and its place are
then compared with the exact support. What would pass for the shape of the column that it stands in
is not taken for another one there, however much better that one fits: it is malformed.
"""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import fft, ndimage

from mirage.datasets.shapes import SHAPES, Shape, SimpleShapes

TYPES = ("valid", "duplicate", "malformed", "wrong_column", "out_of_position", "blank")
"""Labels of pictures; all but the first are hallucinations."""

HALF = 0.5
"""Intensity above which a pixel belongs to an object: halfway from background to white."""
LEAST_SHARE = 0.25
"""Share of the smallest template's area below which a bright region is no object."""
REACH = 2
"""Pixels about an object that belong to it: its blurred edge."""
MARGIN = 4
"""Pixels about the largest template in the window of comparison."""
CLEAR = 0.98
"""Match of all its objects from which a picture is clear; no planted hybrid of halves is."""
SLACK = 0.5
"""Pixels by which a place may miss its range or its column: half of one is as good as none."""
BATCH = 1_000
"""Pictures inspected at a time, to bound memory."""


@dataclass(frozen=True)
class Thresholds:
    """What an object needs to be a shape, and what a picture may show beside objects."""

    match: float
    """Least normalised correlation with the best template."""
    contrast: float
    """Least intensity, as the factor of that template that fits best; 1 is white."""
    leftover: float
    """Largest intensity beside all objects, as a mean over 3 x 3 pixels."""

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> "Thresholds":
        """Read them from table COUNTER."""
        values = table.set_index("statistic")["threshold"]
        return cls(**{field.name: float(values[field.name]) for field in fields(cls)})


@dataclass(frozen=True)
class Inspection:
    """What is seen in n pictures, before any threshold.

    objects: one row each, picture by picture, with `picture` (0 .. n - 1), `shape` (the
    best match), `match`, `contrast`, `column`, `due` (the match with that column's own shape),
    `top` and `left` (of the template, in its column, in pixels).
    leftover, haze, noise: [n], the last two of the background: its median and its
    standard deviation beside all objects.
    """

    objects: pd.DataFrame
    leftover: np.ndarray
    haze: np.ndarray
    noise: np.ndarray


def label_pictures(
    pictures: np.ndarray, truth: SimpleShapes, thresholds: Thresholds
) -> pd.DataFrame:
    """Tell each picture's label and the shapes found in it.

    Args:
        pictures: [n, 1, size, size] in [-1, 1]; what lies beyond is clipped.
        truth: the distribution of true pictures.
        thresholds: from `mirage.labels.calibration.calibrate`.

    Returns:
        Columns `label`; `triangles`, `squares`, `pentagons` (recognised) and `unknown`
        (objects that are none of them); `match` and `contrast` (the lowest of all
        objects, NaN for none); `haze` and `noise` of the background; `found`,
        `matches` and `tops`, the list of objects, their scores and the rows where they begin;
        `brightness`, the light of the whole picture, in white pixels.
    """
    seen = inspect(pictures, truth)
    light = _light(pictures).sum((1, 2), dtype=np.float64)
    return classify(seen, truth, thresholds).assign(brightness=light.astype(np.float32))


def inspect(pictures: np.ndarray, truth: SimpleShapes) -> Inspection:
    """Find and compare all objects, batch by batch. pictures: [n, 1, size, size]."""
    bank = TemplateBank(truth)
    objects, numbers = [], []
    for start in range(0, len(pictures), BATCH):
        light = _light(pictures[start : start + BATCH])
        haze = np.median(light, (1, 2))
        # A picture that is mostly light has no background; it is malformed whatever it holds.
        above = (light - haze[:, None, None]) / (1 - haze[:, None, None]).clip(min=HALF)
        part, leftover, noise = _inspect(above.clip(min=0), bank)
        objects.append(part.assign(picture=part["picture"] + start))
        numbers.append([leftover, haze, noise])
    return Inspection(pd.concat(objects, ignore_index=True), *np.concatenate(numbers, 1))


def classify(seen: Inspection, truth: SimpleShapes, thresholds: Thresholds) -> pd.DataFrame:
    """Apply thresholds and the support to what was seen: a row for each picture.

    Of several faults the first counts: two of a shape are `duplicate`; anything that is no
    shape is `malformed`; nothing at all is `blank`; then `wrong_column`, then
    `out_of_position`.
    """
    objects, n = seen.objects, len(seen.leftover)
    known = (objects["match"] >= thresholds.match) & (objects["contrast"] >= thresholds.contrast)
    away, outside = _misplaced(objects, truth)
    known &= ~(away & (objects["due"] >= thresholds.match))
    kind = objects["shape"].where(known, len(SHAPES))
    counts = np.zeros((n, len(SHAPES) + 1), np.int16)
    np.add.at(counts, (objects["picture"], kind), 1)
    faults = {
        "duplicate": (counts[:, :-1] > 1).any(1),
        "malformed": (counts[:, -1] > 0)
        | (seen.leftover > thresholds.leftover)
        | (seen.haze > HALF),
        "blank": counts.sum(1) == 0,
        "wrong_column": _any(objects.loc[known & away, "picture"], n),
        "out_of_position": _any(objects.loc[known & outside, "picture"], n),
    }
    return pd.DataFrame(
        {
            "label": np.select(list(faults.values()), list(faults), "valid"),
            **{f"{shape}s": counts[:, index] for index, shape in enumerate(SHAPES)},
            "unknown": counts[:, -1],
            **_lowest_and_lists(objects, kind, n),
            "haze": seen.haze,
            "noise": seen.noise,
        }
    )


def _lowest_and_lists(objects: pd.DataFrame, kind: pd.Series, n: int) -> dict:
    """Columns that gather the objects of each of n pictures."""
    names = np.array([*SHAPES, "unknown"])[kind]
    grouped = objects.assign(name=names).groupby("picture")
    lowest = grouped[["match", "contrast"]].min().reindex(range(n))
    lists = grouped[["name", "match", "top"]].agg(list).to_dict("index")
    none: dict[str, list] = {"name": [], "match": [], "top": []}
    return {
        "match": lowest["match"].to_numpy(),
        "contrast": lowest["contrast"].to_numpy(),
        "found": [lists.get(picture, none)["name"] for picture in range(n)],
        "matches": [lists.get(picture, none)["match"] for picture in range(n)],
        "tops": [lists.get(picture, none)["top"] for picture in range(n)],
    }


@dataclass(frozen=True)
class TemplateBank:
    """Every shape at the four half-pixel phases, whole and as its column's end cuts it."""

    truth: SimpleShapes

    @cached_property
    def side(self) -> int:
        """Pixels a side of the window of comparison."""
        largest = max(max(shape.template.shape) for shape in self.truth.shapes)
        return fft.next_fast_len(largest + 2 * MARGIN, real=True)

    @cached_property
    def least_area(self) -> float:
        """Pixels of the smallest bright region that is an object."""
        return LEAST_SHARE * min(shape.template.sum() for shape in self.truth.shapes)

    @cached_property
    def shapes(self) -> np.ndarray:
        """Which shape each template is of: int [templates]."""
        return np.array([index for index, _, _ in self._variants()])

    @cached_property
    def templates(self) -> np.ndarray:
        """With the corner at (MARGIN, MARGIN) plus the phase: float32 [templates, side, side]."""
        return np.stack([template for _, _, template in self._variants()])

    @cached_property
    def centres(self) -> np.ndarray:
        """Centres of light, from the corner: [templates, 2]."""
        return _centres(self.templates) - MARGIN - [phase for _, phase, _ in self._variants()]

    def _variants(self) -> list[tuple[int, tuple[float, float], np.ndarray]]:
        return [
            (index, (down / 2, right / 2), _moved(sharp, down, right))
            for index, shape in enumerate(self.truth.shapes)
            for cut in _cuts(shape, self.truth.column)
            for sharp in [np.pad(cut, self._room(cut)).astype(np.float32)]
            for down, right in ((0, 0), (0, 1), (1, 0), (1, 1))
        ]

    def _room(self, template: np.ndarray) -> list[tuple[int, int]]:
        return [(MARGIN, self.side - MARGIN - length) for length in template.shape]


def _cuts(shape: Shape, column: int) -> list[np.ndarray]:
    """A template whole, and cut off at each place where it reaches beyond its column."""
    width = shape.template.shape[1]
    beyond = range(1, shape.left[1] + width - column + 1)
    return [shape.template, *(shape.template[:, : width - cut] for cut in beyond)]


def _moved(template: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move by half a pixel: each pixel becomes the mean of the two it lies between."""
    for axis, move in enumerate((down, right)):
        if move:
            template = (template + np.roll(template, 1, axis)) / 2
    return template


def _light(pictures: np.ndarray) -> np.ndarray:
    """Intensities, black 0 and white 1; what is no number is white: [n, size, size]."""
    return (np.nan_to_num(pictures[:, 0], nan=1.0).clip(-1, 1) + 1) / 2


def _inspect(light: np.ndarray, bank: TemplateBank) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Objects of one batch; leftover and noise of each picture. light: [n, size, size]."""
    regions, picture = _regions(light, bank.least_area)
    owner = np.where(regions, regions, ndimage.maximum_filter(regions, (1, *[2 * REACH + 1] * 2)))
    windows, own, corner = _windows(light, owner, regions, picture, bank.side)
    noise = _noise(light, owner)
    within = noise[picture] * own.mean((1, 2))
    objects, matches = _compare(windows, within, corner, bank)
    objects["picture"], objects["column"] = picture, _columns(objects, bank.truth)
    objects["due"] = matches[np.arange(len(objects)), objects["column"]]
    objects["left"] -= objects["column"] * bank.truth.column
    beside = np.where(owner, 0, light)
    local = ndimage.uniform_filter(beside, (0, 3, 3), mode="constant")
    return objects, local.max((1, 2), initial=0), np.sqrt(noise)


def _noise(light: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Variance of the background of each picture, as seen beside its objects: [n]."""
    beside = owner == 0
    count = beside.sum((1, 2)).clip(min=1)
    mean, square = (np.where(beside, light**power, 0).sum((1, 2)) / count for power in (1, 2))
    return (square - mean**2).clip(min=0)


def _regions(light: np.ndarray, least_area: float) -> tuple[np.ndarray, np.ndarray]:
    """Bright regions, numbered from 1 (int [n, size, size]), and the picture of each [m]."""
    within_picture = np.zeros((3, 3, 3), bool)
    within_picture[1] = True  # neighbours on all eight sides, none in another picture
    regions, _ = ndimage.label(light > HALF, within_picture)
    large = np.bincount(regions.ravel()) >= least_area
    large[0] = False
    regions = np.where(large, np.cumsum(large), 0)[regions]
    places = ndimage.find_objects(regions)
    return regions, np.array([place[0].start for place in places], int)


def _windows(
    light: np.ndarray, owner: np.ndarray, regions: np.ndarray, picture: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each object alone in a window about it.

    Returns:
        Windows [m, side, side], which of their pixels are the object's (bool, the same)
        and their upper left corners in the picture [m, 2].
    """
    numbers = np.arange(1, len(picture) + 1)
    centre = np.array(ndimage.center_of_mass(regions > 0, regions, numbers)).reshape(-1, 3)[:, 1:]
    corner = (centre - (side - 1) / 2).round().astype(int)
    y, x = (corner[:, axis, None] + np.arange(side) + side for axis in (0, 1))
    place = picture[:, None, None], y[:, :, None], x[:, None, :]
    room = ((0, 0), (side, side), (side, side))
    own = np.pad(owner, room)[place] == numbers[:, None, None]
    return np.where(own, np.pad(light, room)[place], 0), own, corner


def _compare(
    windows: np.ndarray, noise: np.ndarray, corner: np.ndarray, bank: TemplateBank
) -> tuple[pd.DataFrame, np.ndarray]:
    """The best template of each object, over all templates and places.

    Args:
        windows: from `_windows`: [m, side, side].
        noise: the share of each window's variance that is noise: [m].
        corner: from `_windows`: [m, 2].
        bank: of templates.

    Returns:
        Columns `shape`, `match`, `contrast`, `top`, `left` (in the picture). The place is
        that of the object's centre of light, which does not jump by half pixels. And the
        match with each shape: [m, shapes].
    """
    m, pixels = len(windows), bank.side**2
    spectrum = fft.rfft2(windows)[:, None] * np.conj(fft.rfft2(bank.templates))
    everywhere = fft.irfft2(spectrum, s=windows.shape[1:])  # [m, templates, side, side]
    products = everywhere.max((2, 3), initial=0)
    means = windows.mean((1, 2))
    # Half of an object's variance at least is taken to be its own, however noisy the picture.
    spreads = np.sqrt(np.maximum(windows.var((1, 2)) - noise, windows.var((1, 2)) / 2))
    template_means, template_spreads = bank.templates.mean((1, 2)), bank.templates.std((1, 2))
    covariance = products / pixels - means[:, None] * template_means
    match = covariance / (spreads[:, None] * template_spreads)
    best = match.argmax(1)
    row = np.arange(m)
    place = corner + _centres(windows) - bank.centres[best]
    objects = {
        "shape": bank.shapes[best],
        "match": match[row, best],
        "contrast": covariance[row, best] / template_spreads[best] ** 2,
        "top": place[:, 0],
        "left": place[:, 1],
    }
    of_shapes = [match[:, bank.shapes == shape].max(1) for shape in range(len(SHAPES))]
    return pd.DataFrame(objects), np.stack(of_shapes, 1)


def _columns(objects: pd.DataFrame, truth: SimpleShapes) -> np.ndarray:
    """The column that each object's middle lies in; its own, where that is as likely: [m]."""
    width = np.array([shape.template.shape[1] for shape in truth.shapes])[objects["shape"]]
    own = np.array([shape.column for shape in truth.shapes])[objects["shape"]]
    middle = (objects["left"] + width / 2) / truth.column
    slack = SLACK / truth.column
    inside = middle.between(own - slack, own + 1 + slack)
    return np.where(inside, own, middle.clip(0, len(SHAPES) - 1).astype(int))


def _centres(windows: np.ndarray) -> np.ndarray:
    """Centres of light: [m, side, side] to [m, 2]."""
    light = windows.sum((1, 2))
    along = np.arange(windows.shape[1])
    return np.stack([windows.sum(2) @ along / light, windows.sum(1) @ along / light], 1)


def _misplaced(objects: pd.DataFrame, truth: SimpleShapes) -> tuple[pd.Series, pd.Series]:
    """Which shapes stand in another column, and which where theirs may not: bool [m] each."""
    ranges = {
        name: np.array([getattr(shape, name) for shape in truth.shapes])[objects["shape"]]
        for name in ("top", "left")
    }
    inside = [
        objects[name].between(ends[:, 0] - SLACK, ends[:, 1] + SLACK)
        for name, ends in ranges.items()
    ]
    own = np.array([shape.column for shape in truth.shapes])[objects["shape"]]
    return objects["column"] != own, ~(inside[0] & inside[1])


def _any(pictures: pd.Series, n: int) -> np.ndarray:
    """Which of n pictures are named: bool [n]."""
    return np.isin(np.arange(n), pictures)
