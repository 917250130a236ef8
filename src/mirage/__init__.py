"""Mirage: hallucination in diffusion models, from training to retraining.

Datasets with exact densities, the diffusion process, samplers with observers, detectors,
filters, metrics and figures. The names below are loaded when they are first asked for, so
that `import mirage` costs next to nothing; modules of the package import each other directly.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "DiffusedMixture": "exact",
    "GaussianMixture": "datasets.mixtures",
    "Hal": "detectors",
    "HalMoving": "detectors",
    "Schedule": "diffusion",
    "Stream": "samplers",
    "TemporalMLP": "networks.mlp",
    "TimeFocus": "training",
    "Trainer": "training",
    "TrainingOptions": "training",
    "label_points": "labels.points",
    "reverse_steps": "diffusion",
    "sample": "samplers",
    "times_of": "diffusion",
    "train": "training",
    "walk": "samplers",
    "watch": "hooks.watching",
}
__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
