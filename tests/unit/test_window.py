"""The window that noise and spacing predict."""

import math

import numpy as np

from mirage.diffusion import Schedule, times_of
from mirage.window import predict

HALVING = Schedule(np.full(6, 0.5))
"""abar_t = 0.5^(t+1): the noise is 1, sqrt(3), sqrt(7), sqrt(15), ..."""


def test_constant_noise_gives_a_window_found_by_hand():
    times = [5, 4, 3, 2, 1, 0]
    assert predict(HALVING, times, spacing=2 * math.sqrt(7.1), fraction=1) == (0, 2)
    assert predict(HALVING, times, spacing=4 * math.sqrt(15.1), fraction=0.5) == (0, 3)


def test_steps_are_counted_not_times():
    assert predict(HALVING, [4, 2, 0], spacing=2 * math.sqrt(7.1), fraction=1) == (0, 1)


def test_a_window_has_two_steps_at_least():
    assert predict(HALVING, [5, 4, 3, 2, 1, 0], spacing=1e-6) == (0, 1)


def test_wider_spacing_and_finer_noise_give_longer_windows(official):
    times = times_of(399, 400)
    lengths = [predict(official, times, spacing)[1] for spacing in (0.3, 0.5, 0.7, 1, 2)]
    assert lengths == sorted(lengths)
    finer = Schedule.linear(beta_start=1e-4, beta_end=0.02)
    assert predict(finer, times, 0.7)[1] > predict(official, times, 0.7)[1]


def test_on_the_grid_the_last_five_steps_are_predicted(official, grid):
    """Those that told best in earlier measurements of the official recipe."""
    assert predict(official, times_of(399, 400), grid.spacing) == (0, 4)
