"""Pydantic models of an experiment: presets merged in, unknown keys refused."""

from mirage.config.check import ConfigError, merge
from mirage.config.datasets import MNIST, MixtureOptions
from mirage.config.experiment import (
    Classifier,
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
    Preset,
    Settings,
    read_experiment,
    read_experiments,
    read_settings,
    to_json,
)

__all__ = [
    "MNIST",
    "Classifier",
    "ConfigError",
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
    "TimeFocus",
    "Training",
    "merge",
    "read_experiment",
    "read_experiments",
    "read_settings",
    "to_json",
]
