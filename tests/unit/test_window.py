"""The window that noise and spacing predict."""

import math

import numpy as np
import pytest

from mirage.config import Diffusion, Experiment
from mirage.config.datasets import Gaussian1D, Gaussian2DGrid, Gaussian2DRotated
from mirage.datasets import build_mixture
from mirage.diffusion import times_of
from mirage.window import noise_levels, predict

LINE = {"name": "gaussian1d", "means": [5, 1, 2.5], "samples": 1, "heldout": 0}


@pytest.mark.parametrize("std", [0.05, 0.4])
@pytest.mark.parametrize(
    "options",
    [
        Gaussian1D(**LINE),
        Gaussian2DGrid(name="gaussian2d_grid", samples=1, heldout=0),
        Gaussian2DRotated(name="gaussian2d_rotated", samples=1, heldout=0),
    ],
    ids=lambda options: options.name,
)
def test_the_config_knows_the_spacing_of_its_modes(options, std):
    options = options.model_copy(update={"std": std})
    assert options.spacing == pytest.approx(build_mixture(options).spacing)


def test_the_config_knows_the_noise_of_the_schedule(official):
    assert Diffusion().betas == pytest.approx(official.betas)
    abar = official.alphas_cumprod
    times = [0, 3, 99, 250]
    assert noise_levels(Diffusion().betas, times) == pytest.approx(
        np.sqrt((1 - abar) / abar)[times]
    )


@pytest.mark.parametrize(("start", "steps"), [(399, 50), (999, 1000), (399, None), (7, 2)])
def test_the_config_knows_the_times_of_the_walk(start, steps):
    experiment = Experiment.model_validate(
        {
            "dataset": LINE,
            "network": {"name": "mlp"},
            "training": {"updates": 1, "batch_size": 1},
            "sampling": {"samples": 1, "start": start, "steps": steps},
            "detection": {"windows": [[0, 1]]},
            "scoring": {"window": [0, 1]},
        }
    )
    assert experiment.times == times_of(start, steps or start + 1).tolist()


def test_constant_noise_gives_a_window_found_by_hand():
    # abar_t = 0.5^(t+1): sigma_t = 1, sqrt(3), sqrt(7), sqrt(15), ...
    betas, times = [0.5] * 6, [5, 4, 3, 2, 1, 0]
    assert predict(betas, times, spacing=2 * math.sqrt(7.1), fraction=1) == (0, 2)
    assert predict(betas, times, spacing=4 * math.sqrt(15.1), fraction=0.5) == (0, 3)


def test_steps_are_counted_not_times():
    betas = [0.5] * 6
    assert predict(betas, [4, 2, 0], spacing=2 * math.sqrt(7.1), fraction=1) == (0, 1)


def test_a_window_has_two_steps_at_least():
    assert predict([0.5] * 6, [5, 4, 3, 2, 1, 0], spacing=1e-6) == (0, 1)


def test_wider_spacing_and_finer_noise_give_longer_windows():
    times = list(range(399, -1, -1))
    official = Diffusion().betas
    lengths = [predict(official, times, spacing)[1] for spacing in (0.3, 0.5, 0.7, 1, 2)]
    assert lengths == sorted(lengths)
    finer = Diffusion(beta_start=1e-4, beta_end=0.02).betas
    assert predict(finer, times, 0.7)[1] > predict(official, times, 0.7)[1]


def test_on_the_grid_the_last_five_steps_are_predicted():
    """Those that told best in earlier measurements of the official recipe."""
    times = list(range(399, -1, -1))
    assert predict(Diffusion().betas, times, 0.7070) == (0, 4)
