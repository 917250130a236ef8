"""Files that the user brings, looked for before a job starts."""

import os
from pathlib import Path

from mirage.config.experiment import Experiment

SUFFIXES = (".png", ".jpg", ".jpeg")
"""Endings of the files taken for pictures, in any case; what they hold is seen on reading."""


def picture_files(folder: str) -> list[Path]:
    """The files under a folder that are named like pictures.

    They are in the order of their names within the folder, which is the same on every
    file system. Names that begin with a dot are passed over, and links to folders are
    not followed.

    Raises:
        ValueError: if there is no such folder, no such file in it, or one whose name has
            braces, which Snakemake would take for a wildcard.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(
            f"dataset.folder: no such folder in {Path.cwd()}: found {folder!r}; "
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
        raise ValueError(f"dataset.folder: no file in {folder!r} ends in {' '.join(SUFFIXES)}")
    for path in found:
        _refuse_braces("dataset.folder", str(path))
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())


def require_files(experiment: Experiment) -> None:
    """Look for what an experiment says it reads.

    Raises:
        ValueError: naming the key and what was found in its place.
    """
    if experiment.dataset.name == "images":
        picture_files(experiment.dataset.folder)
    module = experiment.classifier.torchscript
    if module is None:
        return
    if not Path(module).is_file():
        raise ValueError(
            f"classifier.torchscript: no such file in {Path.cwd()}: found {module!r}; "
            "allowed: a TorchScript module, or null"
        )
    _refuse_braces("classifier.torchscript", module)


def _refuse_braces(key: str, path: str) -> None:
    if "{" in path or "}" in path:
        raise ValueError(f"{key}: found {path!r}; allowed: names without braces")
