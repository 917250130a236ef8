import os

import pytest
import torch

from mirage.config import Diffusion
from mirage.config.datasets import Gaussian1D, Gaussian2DGrid, Gaussian2DRotated
from mirage.datasets import build_mixture
from mirage.diffusion import Schedule

torch.set_num_threads(1)
if not torch.cuda.is_available():  # before anything imports Triton: kernels are interpreted
    os.environ["TRITON_INTERPRET"] = "1"


@pytest.fixture(scope="session")
def official():
    """The official code's noise: 1000 steps from 0.001 to 0.2."""
    return Schedule.linear(Diffusion(timesteps=1000, beta_start=0.001, beta_end=0.2))


@pytest.fixture(scope="session")
def line():
    """Three modes at 1, 2, 3 of standard deviation 0.05."""
    return build_mixture(
        Gaussian1D(name="gaussian1d", means=[1, 2, 3], samples=1, heldout=0, std=0.05)
    )


@pytest.fixture(scope="session")
def grid():
    """25 modes, 0.7070 apart, of standard deviation 0.01767."""
    return build_mixture(Gaussian2DGrid(name="gaussian2d_grid", samples=1, heldout=0))


@pytest.fixture(scope="session")
def rotated():
    """25 modes on the diagonals, 0.4999 apart, of standard deviation 0.01767."""
    return build_mixture(Gaussian2DRotated(name="gaussian2d_rotated", samples=1, heldout=0))
