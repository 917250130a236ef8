"""A saved pipeline is drawn from block by block, and its network is trained on."""

import json
from dataclasses import replace

import diffusers
import numpy as np
import pandas as pd
import pytest
import torch
from tiny_pipelines import save_latent, save_unconditional

from mirage.hooks.pipelines import load, sample, walk_again
from mirage.hooks.retraining import network_of, schedule_of, to_pipeline
from mirage.hooks.saved import PipelineError, Saved
from mirage.samplers import Stream

SHAPE, WINDOWS = (1, 8, 8), [(0, 2), (0, 4)]
STREAM = Stream(SHAPE, block_size=4)
WALK = {"steps": 6, "windows": WINDOWS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_unconditional(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="module")
def drawn(folder) -> pd.DataFrame:
    return pd.concat(sample(load(folder), 10, STREAM, **WALK), ignore_index=True)


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    found, expected = (frame.reset_index(drop=True) for frame in (found, expected))
    assert np.array_equal(np.stack(found["x"]), np.stack(expected["x"]))
    pd.testing.assert_frame_equal(found.drop(columns="x"), expected.drop(columns="x"))


def test_pictures_are_the_same_however_they_are_cut_into_shards(folder, drawn):
    pipe = load(folder)
    shards = [
        pd.concat(sample(pipe, n, STREAM, first=first, **WALK)) for first, n in [(8, 2), (0, 8)]
    ]
    same(pd.concat(shards[::-1]), drawn)


def test_asking_for_more_only_adds(folder, drawn):
    same(pd.concat(sample(load(folder), 5, STREAM, **WALK)), drawn[:5])


def test_seeds_and_generations_draw_other_pictures(folder, drawn):
    for other in ({"seed": 1}, {"generation": 1}):
        found = next(sample(load(folder), 4, replace(STREAM, **other), **WALK))
        assert not np.array_equal(np.stack(found["x"]), np.stack(drawn["x"][:4]))


def test_pixels_lie_between_black_and_white(drawn):
    pixels = np.stack(drawn["x"])
    assert pixels.dtype == np.float32
    assert pixels.min() >= -1
    assert pixels.max() <= 1
    assert pixels.std() > 0.1


def test_paths_walked_again_are_those_that_were_scored(folder, drawn):
    x0_hat = walk_again(load(folder), [3, 1], 1, STREAM, steps=6)
    assert x0_hat.shape == (2, 6, *SHAPE)
    variance = x0_hat[:, -5:].var(1).mean((1, 2, 3))
    assert drawn["hal_0_4"][[7, 5]].to_numpy() == pytest.approx(variance, rel=1e-4)


def test_pictures_of_another_shape_than_the_datasets_are_refused(tmp_path):
    pipe = load(save_latent(tmp_path))
    with pytest.raises(PipelineError, match=r"draws pictures of shape \[3, 8, 8\]; .* \[1, 8, 8\]"):
        next(sample(pipe, 4, STREAM, **WALK))


# --- what a folder tells ---------------------------------------------------------------------


def test_a_folder_tells_its_pictures_and_whether_they_are_pixels(folder, tmp_path):
    assert (Saved(folder).shape, Saved(folder).is_plain) == (SHAPE, True)
    latent = Saved(save_latent(tmp_path))
    assert (latent.shape, latent.is_plain) == (None, False)
    assert folder / "model_index.json" in Saved(folder).files


def test_a_latent_pipeline_is_not_trained(tmp_path):
    with pytest.raises(PipelineError, match="vqvae VQModel; allowed: a UNet2DModel of pixels"):
        Saved(save_latent(tmp_path)).require_trainable()


def test_a_scheduler_without_such_noise_is_not_trained(tmp_path):
    folder = save_unconditional(tmp_path, "FlowMatchEulerDiscreteScheduler")
    with pytest.raises(PipelineError, match="FlowMatchEulerDiscreteScheduler has prediction_type"):
        Saved(folder).require_trainable()


def test_a_network_that_gives_a_variance_too_is_not_trained(tmp_path):
    path = save_unconditional(tmp_path) / "unet/config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"out_channels": 2}))
    with pytest.raises(PipelineError, match="gives 2 channels for 1; allowed: as many"):
        Saved(tmp_path).require_trainable()


def test_a_scheduler_that_cannot_be_watched_is_told_with_the_reason(tmp_path):
    folder = save_unconditional(tmp_path)
    path = folder / "model_index.json"
    path.write_text(path.read_text().replace("DDPMScheduler", "ScoreSdeVpScheduler"))
    with pytest.raises(PipelineError, match=r"ScoreSdeVpScheduler cannot be watched: it has no"):
        Saved(folder).require_watchable()


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_config_is_told_by_its_file(tmp_path, text):
    folder = save_unconditional(tmp_path)
    (folder / "unet/config.json").write_text(text)
    with pytest.raises(PipelineError, match=r"unet/config\.json cannot be read"):
        _ = Saved(folder).shape


# --- training --------------------------------------------------------------------------------


@pytest.fixture(params=["epsilon", "v_prediction", "sample"])
def predicting(request, tmp_path):
    options = {"prediction_type": request.param, "clip_sample": False}
    return save_unconditional(tmp_path, beta_schedule="squaredcos_cap_v2", **options)


def noisy() -> tuple[torch.Tensor, torch.Tensor]:
    """x_t of three pictures, and their times."""
    rng = torch.Generator().manual_seed(0)
    return torch.randn(3, *SHAPE, generator=rng), torch.tensor([5, 300, 700])


@torch.no_grad()
def test_whatever_it_computes_it_tells_the_noise_that_its_scheduler_sees(predicting):
    x, times = noisy()
    eps = network_of(predicting, trained=True).eval()(x, times)
    pipe = load(predicting)
    for row, t in enumerate(times.tolist()):
        output = pipe.unet(x[row : row + 1], t).sample
        expected = pipe.scheduler.step(output, t, x[row : row + 1]).pred_original_sample
        abar = pipe.scheduler.alphas_cumprod[t]
        x0_hat = (x[row] - (1 - abar).sqrt() * eps[row]) / abar.sqrt()
        torch.testing.assert_close(x0_hat, expected[0], rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_its_loss_is_the_squared_error_of_what_it_computes(predicting):
    x0, times = noisy()
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(1))
    schedule, network = schedule_of(predicting), network_of(predicting, trained=True).eval()
    x_t = schedule.add_noise(x0, times, eps)
    scheduler = load(predicting).scheduler
    targets = {"epsilon": eps, "sample": x0, "v_prediction": scheduler.get_velocity(x0, eps, times)}
    error = targets[scheduler.config.prediction_type] - network.unet(x_t, times).sample
    weighted = network.loss_weight(times) * (network(x_t, times) - eps).square()
    torch.testing.assert_close(weighted, error.square(), rtol=1e-3, atol=1e-3)


def test_a_fresh_network_has_the_pipelines_architecture_and_other_weights(folder):
    torch.manual_seed(5)
    fresh, trained = (network_of(folder, trained).state_dict() for trained in (False, True))
    assert {name: w.shape for name, w in fresh.items()} == {n: w.shape for n, w in trained.items()}
    assert not torch.equal(fresh["unet.conv_in.weight"], trained["unet.conv_in.weight"])
    kept = diffusers.UNet2DModel.from_pretrained(folder / "unet").state_dict()
    assert torch.equal(trained["unet.conv_in.weight"], kept["conv_in.weight"])


def test_it_draws_with_the_weights_it_is_given(folder, drawn):
    weights = network_of(folder, trained=True).state_dict()
    same(next(sample(load(folder, weights=to_pipeline(weights)), 4, STREAM, **WALK)), drawn[:4])
    weights["unet.conv_out.bias"] += 0.5
    found = next(sample(load(folder, weights=to_pipeline(weights)), 4, STREAM, **WALK))
    assert not np.array_equal(np.stack(found["x"]), np.stack(drawn["x"][:4]))


def test_noise_that_leaves_nothing_of_a_picture_is_refused_where_v_is_computed(tmp_path):
    options = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    folder = save_unconditional(tmp_path, "DDIMScheduler", **options)
    with pytest.raises(PipelineError, match="abar must be at least 1e-10 at the last time"):
        network_of(folder, trained=True)
