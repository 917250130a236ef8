"""Detectors in a sampling loop of one's own."""

import weakref

import diffusers
import numpy as np
import pytest
import torch

from mirage import watch
from mirage.hooks import WatchError


def test_half_precision_is_scored_in_single_precision():
    path = 0.5 + torch.rand(10, 4, 2) * 1e-2
    hal = watch(windows=[(0, 9)], steps=10)
    for x0_hat in path.half():
        hal.update(x0_hat)
    expected = path.half().double().var(0, correction=0).mean(1)
    np.testing.assert_allclose(hal.scores["hal_0_9"], expected, rtol=1e-3)


def test_in_a_loop_of_ones_own_a_walk_ends_after_its_steps():
    path = torch.randn(2, 15, 4, 2, generator=torch.Generator().manual_seed(0))
    hal = watch(windows=[(0, 9), (2, 3)], steps=15, keep=[6])
    for x0_hat in path.flatten(0, 1):
        hal.update(x0_hat.requires_grad_())
    assert len(hal.scores) == 8
    for walked, rows in enumerate([slice(0, 4), slice(4, 8)]):
        for column, last in [("hal_0_9", path[walked, -10:]), ("hal_2_3", path[walked, -4:-2])]:
            expected = last.var(0, correction=0).mean(1).detach()
            np.testing.assert_allclose(hal.scores[column][rows], expected, rtol=1e-4)
    np.testing.assert_array_equal(hal.paths[6], path[1, :, 2].detach())


def test_in_a_loop_of_ones_own_walks_may_differ_in_length():
    path = torch.randn(15, 4, 2, generator=torch.Generator().manual_seed(0))
    hal = watch(windows=[(0, 4)], steps=15)
    for start in (0, 10):
        for index, x0_hat in enumerate(path[start:]):
            hal.update(x0_hat, remaining=14 - start - index)
    assert hal.scores["hal_0_4"].tolist()[:4] == hal.scores["hal_0_4"].tolist()[4:]


def test_samples_may_not_change_in_the_middle_of_a_walk():
    hal = watch(windows=[(0, 4)], steps=15)
    hal.update(torch.zeros(4, 2))
    with pytest.raises(WatchError, match=r"samples \[4, 2\] went on with \[3, 2\]"):
        hal.update(torch.zeros(3, 2))


@pytest.mark.parametrize(
    ("x0_hat", "found"), [(np.zeros((4, 2)), "ndarray"), (torch.zeros(5), r"\[5\]")]
)
def test_what_is_no_batch_of_predictions_is_refused(x0_hat, found):
    hal = watch(windows=[(0, 4)], steps=15)
    with pytest.raises(WatchError, match=rf"a tensor \[batch, \*sample\]; found {found}"):
        hal.update(x0_hat)


def test_no_prediction_is_kept_however_long_the_walk():

    hal, alive = watch(windows=[(0, 9), (50, 150)], steps=300), []
    for _ in range(300):
        x0_hat = torch.randn(16, 2)
        hal.update(x0_hat)
        alive.append(weakref.ref(x0_hat))
        del x0_hat
        assert not any(reference() is not None for reference in alive)
    assert len(hal.scores) == 16


def test_a_walk_too_short_for_a_window_is_refused():
    with pytest.raises(WatchError, match=r"window \[0, 4\] needs 5 steps; this walk has 4"):
        watch(windows=[(0, 4)], steps=4).update(torch.zeros(1, 2))


def test_under_a_scheduler_that_was_never_stepped_the_steps_to_come_must_be_told():
    hal = watch(diffusers.DDPMScheduler())
    with pytest.raises(WatchError, match="give `remaining`"):
        hal.update(torch.zeros(1, 2))
