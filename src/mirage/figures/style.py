"""One look for all figures: sizes, fonts, fixed colours and words, reproducible files."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from mirage import files

COLUMN, PAGE = 3.4, 6.8
"""Widths of one and of two columns of a paper, in inches."""

INK, QUIET = "#222222", "#8C8C8C"

# Light, middle and dark, so that the labels also differ in grey and to every colour vision.
LABEL_COLOURS = {"valid": "#7FB3DB", "interpolated": "#D55E00", "invalid": "#3D1461"}
LABEL_WORDS = {"lowest": "lowest\nscore", "highest": "highest\nscore"}
HALLUCINATED = LABEL_COLOURS["interpolated"]

# Of pictures of shapes: `valid` first, then the errors.
TYPE_COLOURS = {
    "valid": LABEL_COLOURS["valid"],
    "duplicate": "#D55E00",
    "malformed": "#882255",
    "wrong_column": "#009E73",
    "out_of_position": "#E69F00",
    "blank": "#8C8C8C",
}

# Okabe and Ito's colours; grey for no filter at all.
FILTER_COLOURS = {
    "shared": INK,
    "none": "#7A7A7A",
    "random": "#E69F00",
    "hal": "#0072B2",
    "oracle": "#009E73",
    "refitted": "#CC79A7",
}
FILTER_MARKERS = {
    "shared": "o",
    "none": "o",
    "random": "s",
    "hal": "D",
    "oracle": "^",
    "refitted": "x",
}
LINES = {"shared": "generation 0", "refitted": "no network (refitted)"}
"""Lines of generations that no filter leads to, in words."""
OTHER_COLOURS = ("#882255", "#56B4E9", "#332288", "#8C564B")
OTHER_MARKERS = ("v", "P", "X", "*")

# Without the yellow end, which is lost on white.
SEQUENCE = ListedColormap(colormaps["viridis"](np.linspace(0, 0.9, 256)))

WORDS = {
    "hal": "Hal",
    "hal_moving": "Hal (moving)",
    "hal_objects": "Hal (objects)",
    "hal_objects_union": "Hal (objects, union)",
    "wrong_column": "wrong column",
    "out_of_position": "out of position",
    "clear_combination": "clear combination",
}

_RC = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # travels with matplotlib: the same on every machine
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "figure.titlesize": 8,
    "figure.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "grid.color": "0.8",
    "patch.edgecolor": "white",
    "patch.force_edgecolor": True,
    "patch.linewidth": 0.8,
    "lines.solid_capstyle": "round",
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "image.interpolation": "nearest",
    "pdf.fonttype": 42,  # text stays text when the figure is edited
    "savefig.dpi": 200,
}

_METADATA = {"pdf": {"CreationDate": None}, "png": {}}


@contextmanager
def theme() -> Iterator[None]:
    """Every figure is drawn and saved inside this; also a decorator."""
    with mpl.rc_context(_RC):
        yield


def figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches, outside of pyplot's global list."""
    return Figure(figsize=(width, height), layout="constrained")


@theme()
def save(drawn: Figure, *paths: Path, about: Mapping[str, str] | None = None) -> None:
    """Write a figure as PDF or PNG (200 dpi), by suffix: the same bytes for the same figure.

    Args:
        drawn: the figure.
        paths: where to.
        about: what its files say of themselves in their metadata: keys that PDF knows.

    Raises:
        ValueError: for another suffix.
    """
    for path in map(Path, paths):
        kind = path.suffix.removeprefix(".")
        if kind not in _METADATA:
            allowed = ", ".join(f".{known}" for known in _METADATA)
            raise ValueError(f"{path}: figures are saved as {allowed}: found {path.suffix!r}")
    # It tells of every glyph that it puts into a PDF.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    # Each drawing would move a constrained layout a little further: settle it once.
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")
    for path in map(Path, paths):
        kind = path.suffix.removeprefix(".")
        with files.replacing(path) as temporary:
            drawn.savefig(temporary, format=kind, metadata={**_METADATA[kind], **(about or {})})


def say(axes: Axes, sentence: str) -> None:
    """Put words in the place of data that are not there."""
    axes.text(
        0.5,
        0.5,
        sentence,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=QUIET,
        style="italic",
        bbox={"facecolor": "white", "edgecolor": "none"},
    )


def legend(drawn: Figure, axes: Axes, columns: int) -> Legend:
    """The entries of one panel, below the whole figure."""
    return drawn.legend(*entries(axes), loc="outside lower center", ncols=columns)


def entries(axes: Axes) -> tuple[list[Artist], list[str]]:
    """What a panel's legend names: measured points first, then guides."""
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(
        range(len(handles)), key=lambda index: not isinstance(handles[index], ErrorbarContainer)
    )
    return [handles[index] for index in order], [labels[index] for index in order]


def percent(share: float) -> str:
    """A share in percent, with at least two digits however small: `0.0034 %`."""
    value = 100 * share
    return f"{value:.2f} %" if value >= 1 or value == 0 else f"{value:.2g} %"


def word(name: str) -> str:
    """The name of a filter, a detector or a label as it stands in text."""
    return WORDS.get(name, name)


def line_words(name: str) -> str:
    """What a line of generations is: its filter, or in what it differs from all filters'."""
    return LINES.get(name, f"filter: {word(name)}")


def window_words(first: int, last: int) -> str:
    """A window of steps before the end: (0, 4) is `last 5 steps`, (5, 14) `steps 5-14`."""
    return f"steps {first}-{last}" if first else f"last {last + 1} steps"


def threshold_words(rows: pd.DataFrame) -> str:
    """What labels rest on: `beyond 5 std`, or `by counter, match 0.941`."""
    beyond = (f"beyond {k:g} std" for k in rows["threshold"].dropna().unique())
    match = (f"by counter, match {k:.3f}" for k in rows["match_threshold"].dropna().unique())
    return ", ".join([*beyond, *match])


def filter_styles(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Colour and marker of each filter, in the order of drawing; unknown ones come last."""
    names = set(names)
    known = [name for name in FILTER_COLOURS if name in names]
    others = sorted(names - set(known))
    styles = {name: (FILTER_COLOURS[name], FILTER_MARKERS[name]) for name in known}
    for index, name in enumerate(others):
        at = index % len(OTHER_COLOURS)
        styles[name] = OTHER_COLOURS[at], OTHER_MARKERS[at]
    return {name: {"color": colour, "marker": marker} for name, (colour, marker) in styles.items()}


def interval(rows: pd.DataFrame, scale: float = 1.0) -> np.ndarray:
    """Lengths of the error bars of rows of the metrics table: [2, n]; 0 where none is known."""
    below, above = rows["value"] - rows["low"], rows["high"] - rows["value"]
    return scale * np.stack([below.fillna(0).clip(lower=0), above.fillna(0).clip(lower=0)])


def seeds(count: int) -> str:
    """A number of seeds in words: `1 seed`, `3 seeds`."""
    return f"{count} seed" if count == 1 else f"{count} seeds"


def span(counts: pd.Series) -> str:
    """Sample sizes in words: one number, or the smallest and the largest."""
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
