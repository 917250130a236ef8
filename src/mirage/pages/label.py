"""A page to label pictures by eye, blind to every score.

It knows the pictures, their numbers and a random order, and nothing else of them. What is marked
stays in the browser, under the digest of the pictures, until it is saved as `labels.csv`, which
`mirage.labels_by_eye` reads.
"""

import hashlib
import html
import json
from pathlib import Path

import numpy as np

from mirage.labels_by_eye import WORDS
from mirage.pages.pixels import sheet, to_bytes

MOST = 1_000
"""Pictures on a page, at most: some hours of a person's time."""
COLUMNS = 25
TEMPLATE = Path(__file__).with_name("label.html")


def choose(n: int, rng: np.random.Generator, most: int = MOST) -> np.ndarray:
    """The numbers of the pictures on the page, out of n, in the order shown: int [<= most].

    They are a random choice, so that shares among the labelled are estimates of those among all.
    """
    return rng.permutation(n)[:most]


def digest(pictures: np.ndarray, order: np.ndarray) -> str:
    """Names the pictures of a page, by their numbers, order and pixels: 16 hexadecimal digits.

    pictures: in [-1, 1], all of them: [n, c, h, w].
    """
    numbers = ",".join(map(str, order.tolist()))
    sha = hashlib.sha256(f"{pictures.shape[1:]} {numbers} ".encode())
    sha.update(to_bytes(pictures[order]).tobytes())
    return sha.hexdigest()[:16]


def page(pictures: np.ndarray, order: np.ndarray, title: str) -> str:
    """The page as HTML.

    Args:
        pictures: in [-1, 1], all of them: [n, c, h, w].
        order: those shown, from `choose`.
        title: what they are, in words.
    """
    data = {
        "digest": digest(pictures, order),
        "samples": order.tolist(),
        "words": list(WORDS),
        "columns": COLUMNS,
        "rows": -(-len(order) // COLUMNS),
        "height": pictures.shape[2],
        "width": pictures.shape[3],
        "sheet": sheet(to_bytes(pictures[order]), COLUMNS),
    }
    text = TEMPLATE.read_text(encoding="utf-8").replace("__TITLE__", html.escape(title))
    return text.replace("__DATA__", json.dumps(data).replace("<", "\\u003c"))
