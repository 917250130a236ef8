"""A page of the pictures that a detector suspects least and most, in one file."""

import base64
import io
from html import escape
from pathlib import Path

import pandas as pd
from PIL import Image

SHOWN = 60
"""Pictures at each end."""
LARGEST = 128
"""Pixels a side of a thumbnail."""

STYLE = """
body { font: 14px sans-serif; margin: 2em; color: #222; background: #fff }
section { display: flex; flex-wrap: wrap; gap: 8px }
figure { margin: 0; font-size: 11px; text-align: center }
img { width: 96px; display: block; image-rendering: pixelated }
"""


def picture(folder: Path, sample: int) -> Path:
    """Where a sample's picture is."""
    return folder / f"{sample:06}.png"


def page(scores: pd.DataFrame, images: Path) -> str:
    """The page as HTML; nothing in it is loaded from elsewhere.

    Args:
        scores: columns `sample`, and one for each score; `attrs` say which they are. The first
            is the one that orders the pictures.
        images: folder with a PNG for each sample.
    """
    column, about = next(iter(scores.attrs.items()))
    name = f"{about['detector']} over steps {about['first']} to {about['last']} before the end"
    ranked = scores.sort_values(column, kind="stable", na_position="last")
    shown = min(SHOWN, len(ranked) // 2) or 1
    parts = [
        f"<h2>{title}</h2>\n<section>{''.join(_figure(*row, images) for row in rows)}</section>"
        for title, rows in [
            (f"{shown} highest", _rows(ranked.tail(shown)[::-1], column)),
            (f"{shown} lowest", _rows(ranked.head(shown), column)),
        ]
    ]
    title = f"{len(scores):,} pictures by {escape(name)}"
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style>\n<h1>{title}</h1>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _rows(table: pd.DataFrame, column: str) -> list[tuple[int, float]]:
    return list(table[["sample", column]].itertuples(index=False, name=None))


def _figure(sample: int, score: float, images: Path) -> str:
    with Image.open(picture(images, sample)) as full:
        full.thumbnail((LARGEST, LARGEST))
        file = io.BytesIO()
        full.save(file, format="png")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<figure><img alt="sample {sample}" src="data:image/png;base64,{data}">'
        f"{sample}<br>{score:.2e}</figure>"
    )
