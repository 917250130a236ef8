import copy
import inspect
import warnings

import diffusers
import numpy as np
import pandas as pd
import pytest
import torch
from tiny_pipelines import SCHEDULERS, save_latent, save_unconditional, unet

from mirage import walk, watch
from mirage.diffusion import Schedule, ddim_steps, ddpm_steps, times_of
from mirage.hooks import WatchError
from mirage.networks.unet import build_unet
from mirage.trajectory import WindowScores


def load(folder):
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def draw(pipeline, n: int = 3, steps: int = 12, seed: int = 0) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # latent pipelines give the scheduler no generator
    images = pipeline(n, generator=generator, num_inference_steps=steps, output_type="np").images
    return np.concatenate([images.ravel(), torch.randn(3).numpy(), [generator.get_state().sum()]])


@pytest.fixture
def pipeline():
    made = diffusers.DDPMPipeline(unet(), diffusers.DDPMScheduler())
    made.set_progress_bar_config(disable=True)
    return made


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("save", [save_unconditional, save_latent])
def test_a_saved_pipeline_draws_the_same_bits_watched_or_not(save, scheduler, tmp_path):
    pipeline = load(save(tmp_path, scheduler))
    plain = draw(pipeline)
    with watch(pipeline.scheduler, windows=[(0, 9)]) as hal:
        watched = draw(pipeline)
    np.testing.assert_array_equal(watched, plain)
    assert list(hal.scores) == ["sample", "hal_0_9"]
    assert len(hal.scores) == 3
    assert (hal.scores["hal_0_9"] > 0).all()


SAMPLERS = {
    "ddpm-large": ("DDPMScheduler", {"variance_type": "fixed_large"}, "fixed_large"),
    "ddpm-small": ("DDPMScheduler", {"variance_type": "fixed_small"}, "fixed_small"),
    "ddim": ("DDIMScheduler", {"set_alpha_to_one": True}, None),
}


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_hal_of_a_watched_pipeline_is_hal_of_the_workflows_own_walk(sampler, prediction, clip):
    name, config, variance = SAMPLERS[sampler]
    schedule = Schedule.linear(timesteps=40, beta_start=0.001, beta_end=0.2)
    torch.manual_seed(0)
    network = build_unet((1, 8, 8), schedule, channels=(8, 16), prediction=prediction)
    windows = [(0, 4), (0, 9), (5, 14)]

    scheduler = getattr(diffusers, name)(
        num_train_timesteps=40,
        trained_betas=schedule.betas,
        prediction_type=prediction,
        clip_sample=clip,
        **config,
    )
    pipeline = (diffusers.DDPMPipeline if variance else diffusers.DDIMPipeline)(
        network.unet, scheduler
    )
    pipeline.set_progress_bar_config(disable=True)
    with watch(pipeline.scheduler, windows, detectors=["hal", "hal_moving"]) as hal:
        generator = torch.Generator().manual_seed(0)
        more = {} if variance else {"use_clipped_model_output": True}
        drawn = pipeline(6, generator, num_inference_steps=40, output_type="np", **more)

    generator = torch.Generator().manual_seed(0)
    draw_noise = lambda: torch.randn(6, 1, 8, 8, generator=generator)  # noqa: E731
    times = times_of(39, 40)
    steps = ddpm_steps(schedule, times, variance) if variance else ddim_steps(schedule, times, 0.0)
    scores = WindowScores(["hal", "hal_moving"], windows)
    samples = walk(network, draw_noise(), steps, draw_noise, [scores], clip)

    np.testing.assert_allclose(
        drawn.images, (samples / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1), atol=1e-4
    )
    for column, expected in scores.columns().items():
        np.testing.assert_allclose(
            hal.scores[column], expected, rtol=1e-3, atol=1e-9, err_msg=column
        )


def test_scores_have_a_row_for_each_sample_over_any_number_of_calls(pipeline):
    with watch(pipeline.scheduler, [(0, 4), (2, 6)], ["hal", "hal_moving"]) as hal:
        assert len(hal.scores) == 0
        draw(pipeline, n=3)
        draw(pipeline, n=2, steps=20, seed=1)
    scores = hal.scores
    columns = ["hal_0_4", "hal_2_6", "hal_moving_0_4", "hal_moving_2_6"]
    assert list(scores) == ["sample", *columns]
    assert scores["sample"].tolist() == [0, 1, 2, 3, 4]
    assert scores.attrs["hal_moving_2_6"] == {"detector": "hal_moving", "first": 2, "last": 6}
    with watch(pipeline.scheduler, [(0, 4)]) as alone:
        draw(pipeline, n=2, steps=20, seed=1)
    assert alone.scores["hal_0_4"].tolist() == scores["hal_0_4"].tolist()[3:]


def test_attributes_of_the_scores_survive_parquet(pipeline, tmp_path):
    with watch(pipeline.scheduler, [(0, 4)]) as hal:
        draw(pipeline)
    hal.scores.to_parquet(tmp_path / "scores.parquet")
    assert pd.read_parquet(tmp_path / "scores.parquet").attrs == hal.scores.attrs


@pytest.mark.filterwarnings("ignore:no walk was seen")
def test_the_scheduler_is_as_before_after_the_block(pipeline):
    scheduler, before = pipeline.scheduler, dict(vars(pipeline.scheduler))
    with watch(scheduler, [(0, 4)]):
        assert "step" in vars(scheduler)
    assert vars(scheduler) == before


def stop_within(pipeline, error) -> None:
    with watch(pipeline.scheduler, [(0, 4)]):
        pipeline.scheduler.set_timesteps(10)
        x = torch.zeros(1, 1, 8, 8)
        pipeline.scheduler.step(x, pipeline.scheduler.timesteps[0], x)
        raise error


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), KeyboardInterrupt()])
def test_the_scheduler_is_as_before_when_the_block_fails(pipeline, error):
    with pytest.raises(type(error)):
        stop_within(pipeline, error)
    assert "step" not in vars(pipeline.scheduler)


def test_watches_nest(pipeline):
    with watch(pipeline.scheduler, [(0, 4)]) as outer:
        draw(pipeline)
        with watch(pipeline.scheduler, [(0, 4)]) as inner:
            draw(pipeline, seed=1)
        draw(pipeline, seed=2)
    assert "step" not in vars(pipeline.scheduler)
    assert (len(outer.scores), len(inner.scores)) == (9, 3)
    assert outer.scores["hal_0_4"].tolist()[3:6] == inner.scores["hal_0_4"].tolist()


def test_a_watch_is_not_on_twice_at_a_time(pipeline):
    hal = watch(pipeline.scheduler, [(0, 4)])
    with hal:
        draw(pipeline)
        with pytest.raises(WatchError, match="on already"):
            hal.__enter__()
    with hal:
        draw(pipeline)
    assert len(hal.scores) == 6
    assert "step" not in vars(pipeline.scheduler)


def test_a_step_that_was_replaced_before_is_used_and_put_back(pipeline):
    original, called = pipeline.scheduler.step, []

    def mine(*args, **kwargs):
        called.append(1)
        return original(*args, **kwargs)

    pipeline.scheduler.step = mine
    with watch(pipeline.scheduler, [(0, 4)]) as hal:
        pipeline.scheduler.set_timesteps(12)
        x = torch.randn(2, 1, 8, 8)
        for t in pipeline.scheduler.timesteps:
            x = pipeline.scheduler.step(x, t, x).prev_sample
    assert pipeline.scheduler.step is mine
    assert len(called) == 12
    assert len(hal.scores) == 2


def test_a_second_scheduler_is_not_touched(pipeline):
    with watch(pipeline.scheduler, [(0, 4)]) as hal:
        other = diffusers.DDPMScheduler.from_config(pipeline.scheduler.config)
        copied = copy.deepcopy(pipeline.scheduler)
        draw(pipeline, n=1)
        for scheduler in (other, copied):
            scheduler.set_timesteps(5)
            x = torch.zeros(7, 1, 8, 8)
            for t in scheduler.timesteps:
                x = scheduler.step(x, t, x).prev_sample
    assert "step" not in vars(other)
    assert len(hal.scores) == 1


@pytest.mark.filterwarnings("ignore:no walk was seen")
def test_a_copy_steps_itself_and_not_what_it_was_copied_from():
    scheduler = diffusers.EulerDiscreteScheduler()
    scheduler.set_timesteps(5)
    x = torch.zeros(1, 1, 8, 8)
    with watch(scheduler, [(0, 1)]):
        copied = copy.deepcopy(scheduler)
        copied.step(x, copied.timesteps[0], x)
    assert (scheduler.step_index, copied.step_index) == (None, 1)


@pytest.mark.filterwarnings("ignore:no walk was seen")
def test_a_watched_step_tells_the_same_arguments(pipeline):
    plain = inspect.signature(pipeline.scheduler.step)
    with watch(pipeline.scheduler, [(0, 4)]):
        assert inspect.signature(pipeline.scheduler.step) == plain


def test_tuples_and_positions_are_watched_as_outputs_and_names_are(pipeline):
    scheduler = pipeline.scheduler
    scheduler.set_timesteps(12)
    scores = []
    for in_words in (True, False):
        torch.manual_seed(0)
        x = torch.randn(2, 1, 8, 8)
        with watch(scheduler, [(0, 4)]) as hal:
            for t in scheduler.timesteps:
                if in_words:
                    x = scheduler.step(model_output=x, timestep=t, sample=x).prev_sample
                else:
                    step = scheduler.step(x, t, x, return_dict=False)
                    assert type(step) is tuple
                    x = step[0]
        scores.append(hal.scores["hal_0_4"].tolist())
    assert scores[0] == scores[1]


def test_a_walk_shorter_than_a_window_is_refused_at_its_first_step(pipeline):
    with (
        pytest.raises(WatchError, match=r"window \[0, 9\] needs 10 steps; this walk has 5"),
        watch(pipeline.scheduler, [(0, 9)]),
    ):
        draw(pipeline, steps=5)
    assert "step" not in vars(pipeline.scheduler)


@pytest.mark.filterwarnings("ignore:no walk was seen")
def test_a_walk_that_is_broken_off_leaves_no_scores_and_a_warning(pipeline):
    scheduler, x = pipeline.scheduler, torch.zeros(2, 1, 8, 8)
    scheduler.set_timesteps(12)
    with watch(scheduler, [(0, 4)]) as hal:
        for t in scheduler.timesteps[:7]:
            scheduler.step(x, t, x)
        with pytest.warns(UserWarning, match="2 samples was broken off 5 steps before its end"):
            draw(pipeline, n=3)
        assert len(hal.scores) == 3
        scheduler.step(x, scheduler.timesteps[0], x)
        with pytest.warns(UserWarning, match="broken off 11 steps before its end"):
            hal.__exit__(None, None, None)
        hal.__enter__()
    assert len(hal.scores) == 3


def test_paths_hold_the_predictions_of_the_samples_kept(pipeline):
    scheduler = pipeline.scheduler
    scheduler.set_timesteps(12)
    predicted = []
    with watch(scheduler, [(0, 4)], keep=[1, 5]) as hal:
        for _ in range(2):
            x = torch.randn(3, 1, 8, 8)
            for t in scheduler.timesteps:
                step = scheduler.step(0.1 * x, t, x)
                x = step.prev_sample
                predicted.append(step.pred_original_sample)
    predicted = torch.stack(predicted).unflatten(0, (2, 12))
    assert list(hal.paths) == [1, 5]
    np.testing.assert_array_equal(hal.paths[1], predicted[0, :, 1])
    np.testing.assert_array_equal(hal.paths[5], predicted[1, :, 2])
    expected = np.var(hal.paths[5][-5:].astype(float), axis=0).mean()
    assert hal.scores["hal_0_4"][5] == pytest.approx(expected, rel=1e-3)


class NoScheduler:
    """What somebody might hand over."""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "give a scheduler or the steps of a walk; found steps=None"),
        ({"steps": 0}, "found steps=0"),
        ({"scheduler": diffusers.DDPMScheduler(), "steps": 5}, "found steps=5"),
        ({"scheduler": NoScheduler()}, "NoScheduler cannot be watched: it is no scheduler of"),
        ({"steps": 20, "windows": [(9, 0)]}, r"0 <= T1 <= T2, in steps; found \[9, 0\]"),
        ({"steps": 20, "windows": [(-1, 3)]}, r"found \[-1, 3\]"),
        ({"steps": 20, "detectors": ["hall"]}, "no detector 'hall'; there are hal, hal_moving"),
        ({"steps": 20, "windows": (0, 9)}, r"such as \[\(0, 9\)\], in steps; found \(0, 9\)"),
        ({"steps": 20, "windows": [(0, 9, 1)]}, r"found \[\(0, 9, 1\)\]"),
        ({"steps": 20, "windows": [(0, 9.5)]}, r"found \[\(0, 9\.5\)\]"),
        ({"steps": 20, "detectors": "hal"}, r"a list of names, such as \['hal'\]; found 'hal'"),
        ({"steps": 20, "detectors": 3}, "found 3"),
        ({"steps": 20, "keep": 3}, r"a list of samples' numbers, such as \[0, 7\]; found 3"),
    ],
    ids=range(13),
)
def test_what_cannot_be_watched_is_refused_in_one_line(options, words):
    with pytest.raises(WatchError, match=words) as error:
        watch(**options)
    assert "\n" not in str(error.value)


def test_a_pipeline_in_place_of_its_scheduler_is_told_so(pipeline):
    with pytest.raises(WatchError, match=r"DDPMPipeline is no scheduler.*: give pipe\.scheduler"):
        watch(pipeline)


def test_watching_warns_of_nothing(pipeline):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with watch(pipeline.scheduler, [(0, 4)], keep=[1]) as hal:
            assert (len(hal.scores), hal.paths) == (0, {})
            draw(pipeline)
        assert (len(hal.scores), list(hal.paths)) == (3, [1])


def test_a_class_of_ones_own_is_watched_as_what_it_extends(pipeline):
    class Mine(diffusers.DDPMScheduler):
        pass

    with watch(pipeline.scheduler, [(0, 4)]) as hal:
        draw(pipeline)
    pipeline.scheduler = Mine()
    with watch(pipeline.scheduler, [(0, 4)]) as mine:
        draw(pipeline)
    assert mine.scores.equals(hal.scores)
