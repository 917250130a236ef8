"""A small classifier of pictures, whose features stand in for Inception's.

Where pictures have no labels it learns by how much each is turned (Gidaris et al. 2018,
"Unsupervised representation learning by predicting image rotations"): to tell, it must see
what they show.

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
from mirage.rng import numpy_rng

log = logging.getLogger(__name__)

BATCH_SIZE = 64
TURNS = 4
"""Quarter turns that are told apart."""


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
    pictures: np.ndarray,
    labels: np.ndarray | None,
    heldout: tuple[np.ndarray, np.ndarray | None],
    seed: int,
    epochs: int = 10,
    features: int = 64,
) -> tuple[PictureClassifier, list[dict]]:
    """Train on labelled pictures, or on turned ones, with Adam and cross-entropy.

    Args:
        pictures: float32 [n, c, h, w]; square where there are no labels.
        labels: integers [n]; None to tell quarter turns, of which each picture in a
            batch is then given in all four.
        heldout: pictures and labels on which the accuracy is measured.
        seed: of the weights and of the order of the pictures.
        epochs: passes over the pictures.
        features: size of the layer before the last.

    Returns:
        The classifier, and a row per epoch with `epoch`, `loss`, `heldout_accuracy`.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        classes = TURNS if labels is None else int(labels.max()) + 1
        classifier = PictureClassifier(pictures.shape[1], features, classes)
    optimizer = torch.optim.Adam(classifier.parameters(), 1e-3)
    x = torch.from_numpy(pictures)
    y = None if labels is None else torch.from_numpy(labels).long()
    heldout_x, heldout_y = heldout
    if labels is None:
        heldout_x, heldout_y = (part.numpy() for part in turned(torch.from_numpy(heldout_x)))
    history = []
    for epoch in tqdm(range(epochs), "training the classifier"):
        losses = []
        for batch in _batches(len(x), numpy_rng(seed, "classifier", block=epoch)):
            shown, truth = turned(x[batch]) if y is None else (x[batch], y[batch])
            loss = nn.functional.cross_entropy(classifier(shown), truth)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        correct = judge(classifier, heldout_x).predicted_class == heldout_y
        history.append(
            {"epoch": epoch, "loss": np.mean(losses), "heldout_accuracy": correct.mean()}
        )
    log.info(
        "held-out accuracy %.4f, where a guess gives %.4f",
        history[-1]["heldout_accuracy"],
        1 / classes,
    )
    return classifier, history


def turned(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Every picture in its four quarter turns, and their number: [4 n, c, s, s] and [4 n]."""
    copies = [torch.rot90(pictures, turns, (2, 3)) for turns in range(TURNS)]
    return torch.cat(copies), torch.arange(TURNS).repeat_interleave(len(pictures))


def _batches(n: int, rng: np.random.Generator) -> Iterator[Tensor]:
    yield from torch.from_numpy(rng.permutation(n)).split(BATCH_SIZE)
