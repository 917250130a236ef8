"""The plots of the exploring page, empty where its script fills them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.layouts import column as stacked
from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    DataRange1d,
    LayoutDOM,
    LinearColorMapper,
    Range1d,
    Select,
    Span,
)
from bokeh.plotting import figure
from bokeh.transform import transform

STATES = {
    "valid, kept": "#7FB3DB",
    "valid, flagged": "#0072B2",
    "hallucinated, missed": "#CC79A7",
    "hallucinated, found": "#D55E00",
    "kept": "#7FB3DB",
    "flagged": "#D55E00",
}
"""Colours of a sample by what it is and what the threshold makes of it."""
KIND_COLOURS = {"valid": "#56B4E9", "hallucinated": "#D55E00", "unlabelled": "#8C8C8C"}
ACROSS, DOWN = 8, 6
"""Pictures of the gallery."""
VIEWS = ["at the threshold", "lowest", "highest", "with a path"]
FILM, FILM_HEIGHT = 5, 1.25
"""Pictures across a film strip, and how high each is with its time."""
GAP = 0.06
"""Of a picture's cell, on each side."""


@dataclass(frozen=True)
class Drawn:
    """The plots, and what the page's script is given of them."""

    samples: list[LayoutDOM]
    judged: list[LayoutDOM]
    tapped: figure
    arguments: dict
    controls: list[Select]


def column_of(*parts: LayoutDOM) -> LayoutDOM:
    """Plots under each other, as wide as there is room."""
    return stacked(*parts, sizing_mode="stretch_width")


def draw(
    kind: str, source: ColumnDataSource, shape: Sequence[int], data: dict, start: dict
) -> Drawn:
    """Samples on one side, what is made of them on the other.

    Args:
        kind: `plane`, `line` or `pictures`.
        source: the samples.
        shape: of one sample.
        data: of the page's script.
        start: the choice of a score that is shown at first.
    """
    cut = Span(name="cut", dimension="height", line_width=1.5)
    spans, controls = [cut], []
    histogram, arguments = _histogram(data, start)
    histogram.add_layout(cut)
    roc, of_roc = _roc(start)
    judged = [*([roc] if "curve" in start else []), histogram]
    score_axes = [histogram.xaxis[0]]
    if kind == "pictures":
        gallery, strip, view, of_samples = _pictures(shape, data)
        samples, tapped, figures = [view, gallery, strip], gallery, [gallery, strip, *judged]
        controls.append(view)
    else:
        tapped, of_samples = _points(kind, source, data)
        samples, figures = [tapped], [tapped, *judged]
        if kind == "line":
            across = Span(dimension="width", line_width=1.5)
            tapped.add_layout(across)
            spans.append(across)
            score_axes.append(tapped.yaxis[0])
            path, of_path = _path(data, source.data["x"])
            samples.append(path)
            figures.append(path)
            of_samples |= of_path
    arguments |= of_roc | of_samples
    arguments |= {"spans": spans, "score_axes": score_axes, "figures": figures}
    return Drawn(samples, judged, tapped, arguments, controls)


def _plot(title: str, **options) -> figure:
    """A plot that lets a page scroll under a finger, and waits to be asked before it zooms."""
    plot = figure(
        title=title,
        tools="box_zoom,wheel_zoom,reset" if options.pop("zooms", False) else "",
        active_drag=None,
        active_scroll=None,
        sizing_mode=options.pop("sizing_mode", "stretch_width"),
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        **options,
    )
    plot.toolbar.logo = None
    plot.toolbar_location = "right" if plot.toolbar.tools else None
    plot.grid.visible = False
    plot.title.text_font_style = "normal"
    return plot


def _histogram(data: dict, start: dict) -> tuple[figure, dict]:
    plot = _plot(
        "Share of each kind of sample",
        name="histogram",
        height=260,
        x_axis_type="log" if data["log"] else "linear",
        y_axis_label="share in a bin",
        y_range=DataRange1d(start=0),
    )
    if data["log"]:
        plot.xaxis.formatter = CustomJSTickFormatter(
            code="return Number(tick.toPrecision(2)).toExponential()"
        )
    bars = ColumnDataSource(start["bars"])
    for kind, colour in KIND_COLOURS.items():
        if any(start["bars"][kind]):
            plot.quad(
                left="left",
                right="right",
                top=kind,
                bottom=0,
                source=bars,
                fill_color=colour,
                fill_alpha=0.55,
                line_color=None,
                legend_label=kind,
            )
    for legend in list(plot.legend):  # above, where it covers nothing
        plot.add_layout(legend, "above")
        legend.update(orientation="horizontal", background_fill_alpha=0, border_line_color=None)
    return plot, {"bars": bars, "legends": list(plot.legend)}


def _roc(start: dict) -> tuple[figure, dict]:
    plot = _plot(
        "ROC",
        height=320,
        x_axis_label="false positive rate (valid samples flagged)",
        y_axis_label="true positive rate",
        x_range=(-0.02, 1.02),
        y_range=(-0.02, 1.02),
    )
    curve = ColumnDataSource(start.get("curve", {"x": [], "y": []}))
    point = ColumnDataSource({"x": [], "y": []})
    plot.line([0, 1], [0, 1], line_dash="dotted", line_color="#8C8C8C")
    plot.line("x", "y", source=curve, line_width=2, line_color="#0072B2")
    plot.scatter("x", "y", source=point, size=11, fill_color="#D55E00", line_color=None)
    return plot, {"curve": curve, "point": point}


def _colour(field: str = "state") -> dict:
    return transform(field, LinearColorMapper(palette=list(STATES.values()), low=-0.5, high=5.5))


def _points(kind: str, source: ColumnDataSource, data: dict) -> tuple[figure, dict]:
    plane = kind == "plane"
    plot = _plot(
        "Samples",
        name="points",
        zooms=True,
        height=560 if plane else 420,
        x_range=_frame(source.data["x"]),
        x_axis_label="x0",
        y_axis_label="x1" if plane else "",
        y_axis_type="log" if data["log"] and not plane else "linear",
    )
    if plane:
        plot.y_range = Range1d(*_frame(source.data["y"]))
    source.data["size"] = np.where(source.data["kind"] == 1, 5, 3).astype(np.uint8)
    source.data["ring"] = np.where(source.data["path"] >= 0, 9, 0).astype(np.uint8)
    path = ColumnDataSource({"x": [], "y": []})
    chosen = ColumnDataSource({"x": [], "y": []})
    plot.scatter("x", "y", source=source, size="ring", fill_color=None, line_color="#8C8C8C")
    plot.scatter("x", "y", source=source, size="size", color=_colour(), alpha=0.8)
    if plane:
        plot.line("x", "y", source=path, line_color="#009E73", line_width=2)
        plot.scatter("x", "y", source=path, size=4, color="#009E73")
    plot.scatter(
        "x", "y", source=chosen, size=14, fill_color=None, line_color="#009E73", line_width=3
    )
    return plot, {"path": path, "chosen": chosen}


def _path(data: dict, positions: np.ndarray) -> tuple[figure, dict]:
    """The path of the chosen sample, on a line."""
    plot = _plot(
        "Path of the predicted clean sample",
        height=220,
        x_axis_label="reverse time t (steps)",
        y_axis_label="x0_hat",
        x_range=(data["times"][0], data["times"][-1]),
        y_range=_frame(positions),
    )
    path = ColumnDataSource({"x": [], "y": []})
    plot.line("x", "y", source=path, line_color="#009E73", line_width=2)
    plot.scatter("x", "y", source=path, size=4, color="#009E73")
    return plot, {"path": path}


def _pictures(shape: Sequence[int], data: dict) -> tuple[figure, figure, Select, dict]:
    places = np.arange(ACROSS * DOWN)
    gallery = ColumnDataSource(
        {
            "row": np.full(len(places), -1, np.int32),
            "state": np.full(len(places), np.nan, np.float32),
            "x": places % ACROSS + GAP,
            "y": DOWN - 1 - places // ACROSS + GAP,
            "middle": places % ACROSS + 0.5,
            "height": DOWN - 1 - places // ACROSS + 0.5,
            "image": _empty(len(places), shape),
        }
    )
    plot = _cells("Pictures, by rising score", ACROSS, DOWN)
    frame = {"source": gallery, "width": 1, "height": 1}
    plot.rect("middle", "height", **frame, fill_color=_colour(), line_color=None)
    _image(plot, gallery)
    frames = np.arange(len(data["times"]))
    down = -(-len(frames) // FILM)
    strip = ColumnDataSource(
        {
            "x": frames % FILM + GAP,
            "y": (down - 1 - frames // FILM) * FILM_HEIGHT + FILM_HEIGHT - 1 + GAP,
            "image": _empty(len(frames), shape),
            "middle": frames % FILM + 0.5,
            "time": [f"t = {t}" for t in data["times"]],
        }
    )
    film = _cells("Film strip of predicted clean pictures", FILM, down * FILM_HEIGHT)
    _image(film, strip)
    style = {"text_align": "center", "text_baseline": "top", "text_font_size": "11px"}
    film.text("middle", "y", "time", source=strip, text_color="#8C8C8C", **style)
    view = Select(title="Pictures", value=VIEWS[0], options=VIEWS, width=180)
    return plot, film, view, {"gallery": gallery, "strip": strip, "view": view}


def _cells(title: str, across: int, down: float) -> figure:
    """Square cells, as large as there is room."""
    plot = _plot(
        title,
        sizing_mode="scale_width",
        aspect_ratio=across / (down + 0.35),  # and the title
        x_range=(0, across),
        y_range=(0, down),
    )
    plot.axis.visible = False
    return plot


def _image(plot: figure, source: ColumnDataSource) -> None:
    side = 1 - 2 * GAP
    plot.image_rgba("image", x="x", y="y", dw=side, dh=side, source=source, origin="top_left")


def _empty(count: int, shape: Sequence[int]) -> list[np.ndarray]:
    return [np.zeros(tuple(shape[1:]), np.uint32) for _ in range(count)]


def _frame(values: np.ndarray) -> tuple[float, float]:
    """Limits that all but the farthest few lie well within."""
    low, high = np.nanquantile(values, (0.002, 0.998))
    return float(low - 0.1 * (high - low)), float(high + 0.1 * (high - low))
