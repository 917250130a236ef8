"""Pydantic models of an experiment: presets merged in, unknown keys refused."""

from mirage.config.datasets import MNIST, MixtureOptions, ShapesOptions
from mirage.config.experiment import (
    Classifier,
    Counter,
    Detection,
    Diffusion,
    Experiment,
    Recursion,
    Sampling,
    Scoring,
    TimeFocus,
    Training,
)
from mirage.config.section import Section
from mirage.config.settings import (
    ConfigError,
    Preset,
    Settings,
    merge,
    read_experiment,
    read_experiments,
    read_settings,
    to_json,
)

__all__ = [
    "MNIST",
    "Classifier",
    "ConfigError",
    "Counter",
    "Detection",
    "Diffusion",
    "Experiment",
    "MixtureOptions",
    "Preset",
    "Recursion",
    "Sampling",
    "Scoring",
    "Section",
    "Settings",
    "ShapesOptions",
    "TimeFocus",
    "Training",
    "merge",
    "read_experiment",
    "read_experiments",
    "read_settings",
    "to_json",
]
