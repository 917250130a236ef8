"""Pictures as bytes, and as a PNG inside a page."""

import base64
import io

import numpy as np
from PIL import Image


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """Pictures in [-1, 1], [n, c, h, w], as uint8 [n, h, w, c]; what lies beyond is clipped.

    What is not finite becomes black, as in a picture that says nothing.
    """
    shades = np.nan_to_num(np.clip((pictures + 1) * 127.5, 0, 255), nan=0.0)
    return np.moveaxis(shades.round().astype(np.uint8), 1, -1)


def sheet(shades: np.ndarray, columns: int) -> str:
    """Pictures side by side, row by row, as one PNG: a `data:` address.

    Args:
        shades: uint8 [n, h, w, c] with one channel or three.
        columns: pictures in a row.
    """
    n, height, width, channels = shades.shape
    rows = -(-n // columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:n] = shades
    cells = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    whole = cells.reshape(rows * height, columns * width, channels)
    file = io.BytesIO()
    Image.fromarray(whole.squeeze(-1) if channels == 1 else whole).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
