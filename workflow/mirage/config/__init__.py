"""Pydantic models of an experiment: presets merged in, unknown keys refused."""

from mirage.config.experiment import (
    Detection,
    Diffusion,
    Experiment,
    Recursion,
    Sampling,
    Support,
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
    "ConfigError",
    "Detection",
    "Diffusion",
    "Experiment",
    "Preset",
    "Recursion",
    "Sampling",
    "Section",
    "Settings",
    "Support",
    "TimeFocus",
    "Training",
    "merge",
    "read_experiment",
    "read_experiments",
    "read_settings",
    "to_json",
]
