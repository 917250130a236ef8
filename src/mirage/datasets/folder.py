"""The pictures of a folder, found by their names."""

import os
from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg")
"""Endings of the files taken for pictures, in any case; what they hold is seen on reading."""


def picture_files(folder: str, key: str = "dataset.folder") -> list[Path]:
    """The files under a folder that are named like pictures.

    They are in the order of their names within the folder, which is the same on every
    file system. Names that begin with a dot are passed over, and links to folders are
    not followed.

    Args:
        folder: relative to the working directory.
        key: of the config that names it, for an error.

    Raises:
        ValueError: if there is no such folder, or no such file in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(
            f"{key}: no such folder in {Path.cwd()}: found {folder!r}; "
            f"allowed: a folder with pictures, {' '.join(SUFFIXES)}"
        )
    found = []
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(place, name)
            for name in names
            if not name.startswith(".") and name.lower().endswith(SUFFIXES)
        ]
    if not found:
        raise ValueError(f"{key}: no file in {folder!r} ends in {' '.join(SUFFIXES)}")
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())
