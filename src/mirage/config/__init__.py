"""Pydantic models of an experiment: presets merged in, unknown keys refused."""

from mirage.config.check import ConfigError, merge
from mirage.config.datasets import MNIST, Images, MixtureOptions, ShapesOptions
from mirage.config.experiment import (
    Classifier,
    Counter,
    Detection,
    Diffusion,
    Embedding,
    Experiment,
    Recursion,
    Sampling,
    Scoring,
    TimeFocus,
    Training,
)
from mirage.config.section import Section
from mirage.config.settings import (
    Preset,
    Settings,
    read_experiment,
    read_experiments,
    read_settings,
    to_json,
)
from mirage.config.user_files import picture_files

__all__ = [
    "MNIST",
    "Classifier",
    "ConfigError",
    "Counter",
    "Detection",
    "Diffusion",
    "Embedding",
    "Experiment",
    "Images",
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
    "picture_files",
    "read_experiment",
    "read_experiments",
    "read_settings",
    "to_json",
]
