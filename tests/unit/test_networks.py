"""U-Nets and the classifier of pictures; the MLP is tested with its training."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from mirage import tensors
from mirage.diffusion import Schedule
from mirage.engine.pytorch import TorchLoss
from mirage.networks import classifier
from mirage.networks.features import torchscript_features
from mirage.networks.unet import build_unet
from mirage_workflow.config.settings import read_experiment
from mirage_workflow.networks import load_network, network_of

SCHEDULE = Schedule.linear(beta_start=1e-4, beta_end=0.02)


@pytest.mark.parametrize("size", [16, 28, 32])
@pytest.mark.parametrize("attention", [False, True])
def test_a_unet_predicts_noise_of_the_pictures_shape(size, attention):
    unet = build_unet((1, size, size), SCHEDULE, [8, 16, 16], attention=attention)
    pictures = torch.randn(2, 1, size, size)
    with torch.inference_mode():
        assert unet(pictures, torch.tensor(3)).shape == pictures.shape
        assert unet(pictures, torch.tensor([3, 900])).shape == pictures.shape


@pytest.mark.parametrize("channels", [1, 3])
def test_patches_become_channels_and_pixels_again(channels):
    unet = build_unet((channels, 16, 16), SCHEDULE, [8, 8], patch=2)
    pictures = torch.randn(2, channels, 16, 16)
    with torch.no_grad():
        assert unet(pictures, torch.tensor(3)).shape == pictures.shape
    seen = []

    def same(patches, t, return_dict):
        seen.append(patches.shape)
        return (patches,)

    unet.unet.forward = same
    assert torch.equal(unet(pictures, torch.tensor(3)), pictures)
    assert seen == [(2, 4 * channels, 8, 8)]


class TestVPrediction:
    """v = sqrt(abar) eps - sqrt(1 - abar) x0 (Salimans and Ho 2022, appendix D)."""

    T = torch.tensor([0, 100, 600, 999])
    ABAR = torch.tensor(SCHEDULE.alphas_cumprod, dtype=torch.float32)[T].reshape(-1, 1, 1, 1)
    X0, EPS = torch.randn(2, 4, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    X_T = ABAR.sqrt() * X0 + (1 - ABAR).sqrt() * EPS
    V = ABAR.sqrt() * EPS - (1 - ABAR).sqrt() * X0

    @pytest.fixture
    def unet(self):
        return build_unet((1, 16, 16), SCHEDULE, [8], prediction="v_prediction")

    def test_the_true_v_gives_the_noise(self, unet):
        unet.unet.forward = lambda *_, **__: (self.V,)
        assert torch.allclose(unet(self.X_T, self.T), self.EPS, atol=1e-5)

    def test_the_loss_is_the_squared_error_of_v(self, unet):
        wrong = self.V + torch.randn(self.V.shape)
        unet.unet.forward = lambda *_, **__: (wrong,)
        loss = TorchLoss(unet, bfloat16=False, device="cpu", calls=1)
        expected = (wrong - self.V).square().mean().item()
        assert loss(self.X_T, self.T, self.EPS).item() == pytest.approx(expected, rel=1e-3)

    def test_its_weights_are_those_of_a_network_that_computes_noise(self, unet):
        plain = build_unet((1, 16, 16), SCHEDULE, [8])
        assert unet.state_dict().keys() == plain.state_dict().keys()


def test_a_unet_answers_in_float32_from_bfloat16_products():
    unet = build_unet((1, 16, 16), SCHEDULE, [8])
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert unet(torch.randn(1, 1, 16, 16), torch.tensor(0)).dtype == torch.float32


def test_loaded_weights_predict_as_the_trained_network_did(tmp_path):
    config = Path(__file__).parents[2] / "config/experiments/gaussian2d_grid.yaml"
    experiment = read_experiment(config, "paper")
    network = network_of(experiment)
    tensors.write(tmp_path / "weights", network.state_dict(), {})
    x, t = torch.randn(5, 2), torch.tensor(7)
    with torch.inference_mode():
        assert torch.equal(
            load_network(experiment, tmp_path / "weights", "cpu")(x, t), network(x, t)
        )


def bars(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a vertical (0) or horizontal (1) bar in noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    pictures = rng.normal(-1, 0.2, (n, 1, 16, 16))
    for picture, label, place in zip(pictures, labels, rng.integers(2, 13, n), strict=True):
        picture[
            (0, slice(place, place + 2)) if label else (0, slice(None), slice(place, place + 2))
        ] = 1
    return pictures.astype(np.float32), labels


def ramps(n: int, seed: int) -> np.ndarray:
    """Pictures that are dark at the top and light at the bottom, in noise."""
    noise = np.random.default_rng(seed).normal(0, 0.2, (n, 3, 8, 8))
    return (noise + np.linspace(-1, 1, 8)[:, None]).astype(np.float32)


def test_without_labels_it_learns_how_pictures_are_turned():
    heldout = ramps(50, seed=1), None
    trained, history = classifier.train(ramps(300, seed=0), None, heldout, 0, epochs=4, features=16)
    assert history[-1]["heldout_accuracy"] > 0.95
    upright = ramps(20, seed=2)
    for quarters in range(4):
        told = classifier.judge(trained, np.rot90(upright, quarters, (2, 3)).copy())
        assert (told.predicted_class == quarters).all()


def test_turned_pictures_are_the_four_quarter_turns_of_each():
    pictures = torch.arange(8.0).reshape(2, 1, 2, 2)
    copies, turns = classifier.turned(pictures)
    assert turns.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert torch.equal(copies[:2], pictures)
    assert copies[2].tolist() == [[[1, 3], [0, 2]]]  # a quarter turn against the clock
    assert torch.equal(copies[4:6], pictures.flip(2, 3))


class Means(torch.nn.Module):
    """The mean of each channel, whatever its size."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


class Flat(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((1, 2, 3))


class Undefined(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1) / 0


class Needs28(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(-1, 784)[: len(x)] @ torch.ones(784, 2)


@pytest.fixture
def scripted(tmp_path):
    """Writes a module as TorchScript."""

    def write(module: torch.nn.Module) -> Path:
        path = tmp_path / "network.pt"
        with warnings.catch_warnings():  # deprecated, and still what published networks come as
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.script(module).save(path)
        return path

    return write


def test_a_torchscript_module_sees_every_picture(scripted):
    pictures = np.random.default_rng(0).normal(size=(1203, 3, 8, 8)).astype(np.float32)
    seen = torchscript_features(scripted(Means()), pictures)
    np.testing.assert_allclose(seen, pictures.mean((2, 3)), atol=1e-6)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Flat(), ["[500] for 500 pictures of [1, 8, 8]", "[n, f]"]),
        (Undefined(), ["not finite"]),
        (Needs28(), ["fails on pictures", "[1, 8, 8]"]),
    ],
)
def test_a_module_that_gives_no_features_is_refused(scripted, module, words):
    with pytest.raises(ValueError, match=r"^classifier\.torchscript: .*network\.pt") as refusal:
        torchscript_features(scripted(module), np.ones((501, 1, 8, 8), np.float32))
    assert all(word in str(refusal.value) for word in words)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_module_is_refused(tmp_path):
    (tmp_path / "network.pt").write_text("weights")
    with pytest.raises(ValueError, match=r"^classifier\.torchscript: .*network\.pt"):
        torchscript_features(tmp_path / "network.pt", np.ones((5, 1, 8, 8), np.float32))


def test_the_classifier_learns_what_can_be_seen_and_is_the_same_for_a_seed(tmp_path):
    heldout = bars(200, seed=1)
    options = {"heldout": heldout, "seed": 5, "epochs": 3, "features": 16}
    trained, history = classifier.train(*bars(600, seed=0), **options)
    assert history[-1]["heldout_accuracy"] > 0.95
    again, _ = classifier.train(*bars(600, seed=0), **options)
    tensors.write(tmp_path / "weights", again.state_dict(), {})
    judged = classifier.judge(trained, heldout[0])
    reloaded = classifier.judge(classifier.load(tmp_path / "weights"), heldout[0])
    assert np.array_equal(judged.features, reloaded.features)
    assert judged.features.shape == (200, 16)
    assert (judged.predicted_class == heldout[1]).mean() == history[-1]["heldout_accuracy"]
    assert ((judged.confidence >= 0.5) & (judged.confidence <= 1)).all()
