"""A small classifier of pictures, whose features stand in for Inception's.

Numbers measured in its features are the pipeline's own and comparable only among
themselves: "FID (own classifier)", never the standard FID.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from mirage import tensors
from mirage.config import Classifier
from mirage.streams import stream

log = logging.getLogger(__name__)

BATCH_SIZE = 64


class PictureClassifier(nn.Module):
    """Two convolutions, a feature layer and a linear read-out. x: [batch, c, h, w]."""

    def __init__(self, channels: int, features: int, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(4),
            nn.Flatten(),
            nn.Linear(512, features),
            nn.ReLU(),
        )
        self.classify = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits: [batch, classes]."""
        return self.classify(self.features(x))


@dataclass(frozen=True)
class Judgement:
    """What the classifier says of n pictures."""

    features: np.ndarray  # float32 [n, features]
    predicted_class: np.ndarray  # int16 [n]
    confidence: np.ndarray  # float32 [n], the largest softmax probability


def judge(classifier: PictureClassifier, pictures: np.ndarray) -> Judgement:
    """Classify pictures. pictures: float32 [n, c, h, w]."""
    with torch.inference_mode():
        features = torch.cat(
            [classifier.features(batch) for batch in torch.from_numpy(pictures).split(500)]
        )
        confidence, predicted = classifier.classify(features).softmax(1).max(1)
    return Judgement(features.numpy(), predicted.numpy().astype(np.int16), confidence.numpy())


def load(weights: Path) -> PictureClassifier:
    """A trained classifier; its sizes are read off the weights."""
    state, _ = tensors.read(weights)
    classes, features = state["classify.weight"].shape
    classifier = PictureClassifier(state["features.0.weight"].shape[1], features, classes)
    classifier.load_state_dict(state)
    return classifier


def train(
    options: Classifier,
    pictures: np.ndarray,
    labels: np.ndarray,
    heldout: tuple[np.ndarray, np.ndarray],
    seed: int,
) -> tuple[PictureClassifier, list[dict]]:
    """Train on labelled pictures, with Adam and cross-entropy.

    Args:
        pictures, labels: float32 [n, c, h, w] and integers [n].
        heldout: pictures and labels on which the accuracy is measured.

    Returns:
        The classifier, and a row per epoch with `epoch`, `loss`, `heldout_accuracy`.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        classifier = PictureClassifier(
            pictures.shape[1], options.features, classes=int(labels.max()) + 1
        )
    optimizer = torch.optim.Adam(classifier.parameters(), 1e-3)
    x, y = torch.from_numpy(pictures), torch.from_numpy(labels).long()
    history = []
    for epoch in tqdm(range(options.epochs), "training the classifier"):
        losses = []
        for batch in _batches(len(x), stream(seed, "classifier", block=epoch)):
            loss = nn.functional.cross_entropy(classifier(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        correct = judge(classifier, heldout[0]).predicted_class == heldout[1]
        history.append(
            {"epoch": epoch, "loss": np.mean(losses), "heldout_accuracy": correct.mean()}
        )
    log.info("held-out accuracy %.4f", history[-1]["heldout_accuracy"])
    return classifier, history


def _batches(n: int, rng: np.random.Generator) -> Iterator[Tensor]:
    yield from torch.from_numpy(rng.permutation(n)).split(BATCH_SIZE)
