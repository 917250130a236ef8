"""U-Nets and the classifier of pictures; the MLP is tested with its training."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mirage import networks, tensors
from mirage.config import Classifier, read_experiment
from mirage.config.experiment import UNet
from mirage.networks import classifier
from mirage.networks.unet import build_unet


@pytest.mark.parametrize("size", [16, 28, 32])
@pytest.mark.parametrize("attention", [False, True])
def test_a_unet_predicts_noise_of_the_pictures_shape(size, attention):
    options = UNet(name="unet", channels=[8, 16, 16], attention=attention)
    unet = build_unet(options, (1, size, size))
    pictures = torch.randn(2, 1, size, size)
    with torch.inference_mode():
        assert unet(pictures, torch.tensor(3)).shape == pictures.shape
        assert unet(pictures, torch.tensor([3, 900])).shape == pictures.shape


def test_a_unet_answers_in_float32_from_bfloat16_products():
    unet = build_unet(UNet(name="unet", channels=[8]), (1, 16, 16))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert unet(torch.randn(1, 1, 16, 16), torch.tensor(0)).dtype == torch.float32


def test_loaded_weights_predict_as_the_trained_network_did(tmp_path):
    config = Path(__file__).parents[2] / "config/experiments/gaussian2d_grid.yaml"
    experiment = read_experiment(config, "paper")
    network = networks.build(experiment)
    tensors.write(tmp_path / "weights", network.state_dict(), {})
    x, t = torch.randn(5, 2), torch.tensor(7)
    with torch.inference_mode():
        assert torch.equal(
            networks.load(experiment, tmp_path / "weights", "cpu")(x, t), network(x, t)
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


def test_the_classifier_learns_what_can_be_seen_and_is_the_same_for_a_seed(tmp_path):
    options = Classifier(epochs=3, features=16)
    heldout = bars(200, seed=1)
    trained, history = classifier.train(options, *bars(600, seed=0), heldout=heldout, seed=5)
    assert history[-1]["heldout_accuracy"] > 0.95
    again, _ = classifier.train(options, *bars(600, seed=0), heldout=heldout, seed=5)
    tensors.write(tmp_path / "weights", again.state_dict(), {})
    judged = classifier.judge(trained, heldout[0])
    reloaded = classifier.judge(classifier.load(tmp_path / "weights"), heldout[0])
    assert np.array_equal(judged.features, reloaded.features)
    assert judged.features.shape == (200, 16)
    assert (judged.predicted_class == heldout[1]).mean() == history[-1]["heldout_accuracy"]
    assert ((judged.confidence >= 0.5) & (judged.confidence <= 1)).all()
