import os
from pathlib import Path

import pytest
import torch
import yaml

from mirage.datasets import mixtures
from mirage.diffusion import Schedule

torch.set_num_threads(1)
if not torch.cuda.is_available():  # before anything imports Triton: kernels are interpreted
    os.environ["TRITON_INTERPRET"] = "1"


@pytest.fixture(scope="session")
def official():
    """The official code's noise: 1000 steps from 0.001 to 0.2."""
    return Schedule.linear(timesteps=1000, beta_start=0.001, beta_end=0.2)


@pytest.fixture(scope="session")
def line():
    """Three modes at 1, 2, 3 of standard deviation 0.05."""
    return mixtures.line([1, 2, 3], std=0.05)


@pytest.fixture(scope="session")
def grid():
    """25 modes, 0.7070 apart, of standard deviation 0.01767."""
    return mixtures.grid()


@pytest.fixture(scope="session")
def rotated():
    """25 modes on the diagonals, 0.4999 apart, of standard deviation 0.01767."""
    return mixtures.rotated()


@pytest.fixture
def written(tmp_path):
    """Writes a recipe as an experiment file."""

    def write(recipe, name="trial") -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(recipe if isinstance(recipe, str) else yaml.safe_dump(recipe))
        return path

    return write
