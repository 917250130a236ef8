"""A watch that has seen nothing, or less than it was to see, says so."""

import warnings

import diffusers
import pytest
import torch

from mirage import watch


@pytest.fixture
def scheduler():
    made = diffusers.DDPMScheduler()
    made.set_timesteps(12)
    return made


def walk(scheduler, steps: int = 12) -> None:
    x = torch.zeros(2, 1, 8, 8)
    for t in scheduler.timesteps[:steps]:
        x = scheduler.step(x, t, x).prev_sample


def test_a_block_in_which_another_scheduler_steps(scheduler):
    other = diffusers.DDIMScheduler.from_config(scheduler.config)
    other.set_timesteps(12)
    words = r"no walk was seen: this DDPMScheduler took no step .*\(pipe\.scheduler\)"
    with pytest.warns(UserWarning, match=words) as told, watch(scheduler):
        walk(other)
    assert [each.filename for each in told] == [__file__]


def test_an_empty_block_after_one_with_a_walk(scheduler):
    hal = watch(scheduler)
    with hal:
        walk(scheduler)
    with pytest.warns(UserWarning, match="no walk was seen"), hal:
        pass
    assert len(hal.scores) == 2


def test_a_watch_that_was_never_on(scheduler):
    hal = watch(scheduler)
    walk(scheduler)
    with pytest.warns(UserWarning, match=r"took no step within `with watch\(") as told:
        assert len(hal.scores) == 0
    assert [each.filename for each in told] == [__file__]


def test_an_error_in_a_block_without_a_walk_comes_through_alone(scheduler):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MemoryError, match="of mine"), watch(scheduler):
            raise MemoryError("of mine")


def test_scores_asked_for_before_the_walk_ends():
    hal = watch(windows=[(0, 9)], steps=20)
    for _ in range(15):
        hal.update(torch.zeros(4, 2))
    with pytest.warns(UserWarning, match="a walk of 4 samples is 5 steps before its end") as told:
        assert len(hal.scores) == 0
    assert [each.filename for each in told] == [__file__]


def test_a_walk_broken_off_in_a_loop_of_ones_own_is_told_by_the_start_of_the_next():
    hal = watch(windows=[(0, 4)], steps=10)
    hal.update(torch.zeros(4, 2))
    with pytest.warns(UserWarning, match="broken off 9 steps before its end"):
        hal.update(torch.zeros(3, 2), remaining=9)
    for _ in range(9):
        hal.update(torch.zeros(3, 2))
    assert len(hal.scores) == 3


def test_samples_to_keep_that_never_came(scheduler):
    with watch(scheduler, keep=[99]) as hal:
        walk(scheduler)
    with pytest.warns(UserWarning, match="no sample of `keep` was seen: 2 samples were"):
        assert hal.paths == {}
