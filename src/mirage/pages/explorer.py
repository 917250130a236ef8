"""A page to explore a generation: its samples beside the ROC and the histogram of a score.

Everything that the page says of a threshold is counted here, over all samples; the browser looks
it up. What is drawn of single samples is drawn for a part of them.
"""

import base64
import html
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from bokeh.core.templates import get_env
from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.models import (
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    Div,
    LayoutDOM,
    Select,
    Slider,
)
from bokeh.resources import INLINE

from mirage import frames
from mirage.detectors import Score
from mirage.metrics.detection import SENSITIVITY, finite
from mirage.metrics.rows import estimate, rate
from mirage.pages import plots
from mirage.pages.pixels import to_bytes
from mirage.pages.thresholds import KINDS, Cut, cut, kinds

POINTS, PICTURE_BYTES = 10_000, 3_000_000
"""Samples drawn at most: points, and bytes of pictures (their colours make the page large)."""
PATH_STEPS, FRAMES = 60, 10
"""Steps drawn of a path, and pictures of a film strip."""
LAST = {1: 100, 2: 50}
"""Of points the times t below this are drawn, by coordinates: before, predictions fly about."""
FLAGGED = 0.05
"""Share of all samples that is flagged at first, where there is no label."""
ANY_SCHEME = ".bk-input { color: inherit; background-color: #80808040; }"
"""Style of controls: Bokeh's are made for white pages."""
TEMPLATE, SCRIPT = (Path(__file__).with_name(f"explorer.{kind}") for kind in ("html", "js"))


def _steps(score: Score) -> str:
    """The window of a score in words."""
    return f"steps {score.first}-{score.last}" if score.first else f"last {score.last + 1} steps"


def most(shape: Sequence[int]) -> int:
    """How many samples of a shape are drawn at most."""
    return POINTS if len(shape) == 1 else min(2_000, PICTURE_BYTES // int(np.prod(shape)))


def page(
    parts: Iterable[pd.DataFrame],
    scores: Sequence[Score],
    shown: pd.DataFrame,
    shape: Sequence[int],
    trajectories: pd.DataFrame,
    title: str,
    first: Score | None = None,
) -> str:
    """The page as HTML.

    Args:
        parts: of all scores: their columns and, where anything is known, `label`. They are gone
            through three times.
        scores: those to choose from.
        shown: the samples that are drawn, with the same columns and those of the samples.
        shape: of one sample: points of 1 or 2 coordinates, or pictures.
        trajectories: columns `sample`, `t` and x0_hat, of some of the samples, if any.
        title: what is explored, in words.
        first: the score that is chosen at first; by default the first.
    """
    first = first or scores[0]
    cuts = cut(parts, [score.column for score in scores])
    choices = {score.column: _choice(score, cuts[score.column]) for score in scores}
    kind = "pictures" if len(shape) == 3 else "line" if shape[0] == 1 else "plane"
    source, words = _samples(shown, shape, scores, trajectories)
    total = sum(cuts[first.column].total(kind) for kind in KINDS)
    data = {
        "kind": kind,
        "log": all(choice["log"] for choice in choices.values()),
        "choices": choices,
        "columns": _by_detector(scores),
        "labels": words,
        **_pixels(shown, shape),
        **_paths(trajectories, shape),
        **_hints(kind),
    }
    start = choices[first.column]
    edges = ColumnDataSource({"edges": start["edges"]})
    controls = {
        "detector": Select(title="Detector", value=first.detector, options=list(data["columns"])),
        "steps": Select(
            title="Window",
            value=_steps(first),
            options=list(dict.fromkeys(_steps(score) for score in scores)),
        ),
        "slider": Slider(
            title="Threshold",
            start=0,
            end=len(start["edges"]) - 1,
            value=start["start"],
            step=1,
            format=CustomJSTickFormatter(
                args={"edges": edges}, code="return String(edges.data.edges[tick])"
            ),
        ),
    }
    drawn = plots.draw(kind, source, shape, data, start)
    numbers, details = Div(), Div()
    arguments = {
        **controls,
        **drawn.arguments,
        "samples": source,
        "edges": edges,
        "numbers": numbers,
        "details": details,
        "text": json.dumps(data, allow_nan=False),
    }
    for name, model in arguments.items():
        if isinstance(model, ColumnDataSource):
            model.name = name  # to be found by scripts
    callback = CustomJS(args=arguments, code=SCRIPT.read_text(encoding="utf-8"))
    for control in (*controls.values(), *drawn.controls):
        control.stylesheets = [ANY_SCHEME]
        control.js_on_change("value", callback)
    drawn.tapped.js_on_event("tap", callback)
    roots: dict[str, LayoutDOM] = {
        "detector": controls["detector"],
        "window": controls["steps"],
        "threshold": controls["slider"],
        "numbers": numbers,
        "samples": plots.column_of(*drawn.samples, details),
        "judged": plots.column_of(*drawn.judged),
    }
    return _html(
        roots, callback, title, f"{len(shown):,} of {total:,} samples drawn; {data['note']}"
    )


def _html(roots: dict[str, LayoutDOM], callback: CustomJS, title: str, subtitle: str) -> str:
    """The models under their names in the template, drawn once at the start."""
    document = Document()
    for name, model in roots.items():
        model.name = name
        model.sizing_mode = "stretch_width"
        document.add_root(model)
    document.js_on_event("document_ready", callback)
    return file_html(
        document,
        INLINE,  # of BokehJS the parts that are used
        template=get_env().from_string(TEMPLATE.read_text(encoding="utf-8")),
        template_variables={"title": html.escape(title), "subtitle": html.escape(subtitle)},
        title=title,
    )


def _choice(score: Score, found: Cut) -> dict:
    """What the page knows of a score: its thresholds, and the numbers at each."""
    groups = np.append(np.arange(0, len(found.edges) - 1, 5), len(found.edges) - 1)
    bars = {"left": found.edges[groups[:-1]].tolist(), "right": found.edges[groups[1:]].tolist()}
    for kind in KINDS:
        # The first bar holds what lies below it, the last what lies above.
        counts = found.between[kind]
        inner = np.add.reduceat(counts[1:-1], groups[:-1]) if len(groups) > 1 else np.zeros(0)
        if len(inner):
            inner[0] += counts[0]
            inner[-1] += counts[-1]
        bars[kind] = (inner / max(found.total(kind), 1)).tolist()
    choice = {
        "name": f"{score.detector} over the {_steps(score)}",
        "edges": found.edges.tolist(),
        "log": bool(found.edges[0] > 0),
        "bars": bars,
        "start": _start(found),
        "numbers": _numbers(found),
    }
    if found.ranking:
        x, y = found.curve()
        rates = {kind: found.flagged(kind) / found.total(kind) for kind in KINDS[:2]}
        choice |= {
            "curve": {"x": x.tolist(), "y": y.tolist()},
            "false_positives": rates["valid"].tolist(),
            "true_positives": rates["hallucinated"].tolist(),
        }
    return choice


def _start(found: Cut) -> int:
    """The largest threshold that finds 95 % of the hallucinated; else one that flags few."""
    if found.ranking:
        enough = found.flagged("hallucinated") >= SENSITIVITY * found.total("hallucinated")
        return max(int(np.sum(enough)) - 1, 0)
    flagged = sum(found.flagged(kind) for kind in KINDS)
    total = sum(found.total(kind) for kind in KINDS)
    return min(int(np.sum(flagged > FLAGGED * total)), len(found.edges) - 1)


def _numbers(found: Cut) -> list[str]:
    """What is said at each threshold, with 95 % intervals."""
    flagged = {kind: found.flagged(kind) for kind in KINDS}
    area = ""
    if found.ranking:
        row = estimate("auroc", *found.ranking.auroc(), 0, largest=1.0)
        area = f"<br>AUROC {row.value:.3f} ({row.low:.3f}-{row.high:.3f})"
    lines = []
    for index in range(len(found.edges)):
        said = []
        if n := found.total("hallucinated"):
            hits = flagged["hallucinated"][index]
            said.append(_said("hallucinated", "found", hits, n, "missed"))
        if n := found.total("valid"):
            said.append(_said("valid", "kept", n - flagged["valid"][index], n, "flagged"))
        if n := found.total("unlabelled"):
            kind = "without a label" if said else "samples"
            said.append(_said(kind, "flagged", flagged["unlabelled"][index], n, "kept"))
        lines.append("<br>".join(said) + area)
    return lines


def _said(kind: str, verb: str, hits: int, n: int, rest: str) -> str:
    """`found 9 of 10 hallucinated: 90 % (60-98), missed the rest`, each with its colour."""
    row = rate("", int(hits), n)
    low, value, high = (100 * share for share in (row.low, row.value, row.high))
    dots = {
        word: f'<span style="color: {plots.STATES.get(f"{kind}, {word}", plots.STATES.get(word))}">'
        f"&#9679;</span> {word}"
        for word in (verb, rest)
    }
    return (
        f"{dots[verb]} <b>{hits:,}</b> of {n:,} {kind}: <b>{value:.2f} %</b> "
        f"({low:.2f} to {high:.2f}); {dots[rest]}"
    )


def _by_detector(scores: Sequence[Score]) -> dict[str, dict[str, str]]:
    """Detector -> window in words -> column."""
    names = dict.fromkeys(score.detector for score in scores)
    return {
        name: {_steps(score): score.column for score in scores if score.detector == name}
        for name in names
    }


def _samples(
    shown: pd.DataFrame, shape: Sequence[int], scores: Sequence[Score], trajectories: pd.DataFrame
) -> tuple[ColumnDataSource, list[str]]:
    """The samples as the page holds them, and the words for their labels."""
    kind = kinds(shown)
    words = shown["label"].fillna("no label") if "label" in shown else pd.Series(["no label"])
    words, names = pd.factorize(words.reindex(shown.index, fill_value="no label"))
    paths = pd.Index(trajectories["sample"].unique())
    columns = {
        "sample": shown["sample"].to_numpy(np.int32),
        "kind": kind.astype(np.uint8),
        "label": words.astype(np.uint8),
        "state": (2 * kind).astype(np.uint8),
        "path": paths.get_indexer(shown["sample"]).astype(np.int32),
    }
    for score in scores:
        columns[score.column] = finite(shown[score.column]).astype(np.float32)
    if len(shape) == 1:
        points = frames.to_array(shown, shape)
        columns |= {"x": points[:, 0], "y": points[:, -1]}
    return ColumnDataSource(columns), list(names)


def _pixels(shown: pd.DataFrame, shape: Sequence[int]) -> dict:
    if len(shape) == 1:
        return {"pixels": ""}
    return {
        "pixels": _base64(to_bytes(frames.to_array(shown, shape))),
        "channels": shape[0],
        "cells": plots.ACROSS * plots.DOWN,
        "across": plots.ACROSS,
    }


def _paths(trajectories: pd.DataFrame, shape: Sequence[int]) -> dict:
    """Some steps of each path, evenly spread and the last among them, in the order of samples."""
    if trajectories.empty:
        return {"path": "", "times": [], "size": shape[0]}
    times = np.sort(trajectories["t"].unique())[::-1]
    if len(shape) == 1 and (times < LAST[shape[0]]).any():
        times = times[times < LAST[shape[0]]]
    count = FRAMES if len(shape) == 3 else PATH_STEPS
    spread = np.unique(np.linspace(0, len(times) - 1, min(count, len(times))).round().astype(int))
    kept = trajectories[trajectories["t"].isin(times[spread])]
    order = pd.Index(trajectories["sample"].unique()).get_indexer(kept["sample"])
    kept = kept.iloc[np.lexsort((-kept["t"], order))]
    x0_hat = frames.to_array(kept, shape, "x0_hat")
    values = to_bytes(x0_hat) if len(shape) == 3 else x0_hat.astype("<f4")
    return {"path": _base64(values), "times": times[spread].tolist(), "size": shape[0]}


def _hints(kind: str) -> dict[str, str]:
    """What the page says of clicks."""
    sample = "picture" if kind == "pictures" else "sample"
    path = "film strip" if kind == "pictures" else "path"
    marked = "choose &ldquo;with a path&rdquo;." if kind == "pictures" else "ringed ones have one."
    return {
        "shows_path": f"Click on another {sample} to see its {path}.",
        "lacks_path": f"No {path} of it was kept; " + marked,
        "note": "all numbers are of all samples",
    }


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
