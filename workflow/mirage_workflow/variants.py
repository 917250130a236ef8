"""Small models, trained and drawn from in memory, for studies that need many."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from torch import nn

from mirage import engine, frames
from mirage.datasets.mixtures import GaussianMixture
from mirage.diffusion import ReverseStep
from mirage.exact import DiffusedMixture
from mirage.metrics.endpoint import label_both
from mirage.rng import numpy_rng
from mirage.samplers import Model, Stream, sample
from mirage.training import Trainer
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.networks import network_with
from mirage_workflow.process import schedule_of, steps_of
from mirage_workflow.trainers import trainer_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seeds:
    """What is random in a rate: the training points, the training, the sampling."""

    data: int
    training: int
    sampling: int

    @classmethod
    def same(cls, seed: int) -> "Seeds":
        """One seed for all three, as in the main pipeline."""
        return cls(seed, seed, seed)


def train(
    experiment: Experiment,
    seeds: Seeds,
    device: str = "cpu",
    observe: Callable[[int, Trainer], None] | None = None,
) -> nn.Module:
    """Train an experiment's network on fresh points of its mixture; keep no file.

    Args:
        experiment: of a mixture.
        seeds: those of data and training are used.
        observe: called after each update with the number done and the trainer.

    Returns:
        The network, with the weights that are sampled from.

    Raises:
        DivergenceError: as the trainer does.
    """
    mixture = experiment.dataset.mixture
    points, _ = mixture.sample(experiment.dataset.samples, numpy_rng(seeds.data, "data"))
    trainer = trainer_of(experiment, points, seeds.training, 0, device)
    watch = observe and (lambda done: observe(done, trainer))
    trainer.run(observe=watch)
    return network_with(experiment, trainer.weights(), device)


def draw(
    model: Model,
    steps: Sequence[ReverseStep],
    mixture: GaussianMixture,
    samples: int,
    block_size: int,
    radius: float,
    seed: int,
    windows: Sequence[tuple[int, int]] = (),
    device: str = "cpu",
    endpoints: bool = False,
) -> pd.DataFrame:
    """Draw points, label them, and take Hal over some windows on the way.

    endpoints: whether to tell where they ended too.

    Returns:
        Columns `sample`; `x0`, ...; `hal_0_4`, ... by window; those of `label_both`.
    """
    shape = mixture.means.shape[1:]
    detectors = ["hal"] if windows else []
    stream = Stream(shape, block_size, seed, device=device)
    parts = sample(model, steps, samples, stream, detectors, windows)
    drawn = pd.concat(parts, ignore_index=True)
    labels = label_both(frames.to_array(drawn, shape), mixture, radius, endpoints)
    return pd.concat([drawn, labels], axis=1)


def draw_as_told(
    network: nn.Module,
    experiment: Experiment,
    seed: int,
    windows: Sequence[tuple[int, int]] = (),
    device: str = "cpu",
) -> pd.DataFrame:
    """Draw points with a network, by an experiment's own sampling section."""
    samples, steps = experiment.sampling.samples, experiment.reverse_steps
    model = for_sampling(network, experiment, samples, steps, device)
    return _draw_with(model, experiment, seed, windows, device)


def draw_truth(experiment: Experiment, seed: int, device: str = "cpu") -> pd.DataFrame:
    """Draw points in the same way, from the same noise, with the true score."""
    truth = DiffusedMixture(experiment.dataset.mixture, schedule_of(experiment))
    return _draw_with(truth.noise, experiment, seed, (), device)


def _draw_with(
    model: Model,
    experiment: Experiment,
    seed: int,
    windows: Sequence[tuple[int, int]],
    device: str,
) -> pd.DataFrame:
    options = experiment.sampling
    return draw(
        model,
        steps_of(experiment),
        experiment.dataset.mixture,
        options.samples,
        options.block_size,
        experiment.scoring.radius,
        seed,
        windows,
        device,
        experiment.scoring.endpoint,
    )


def for_sampling(
    network: nn.Module, experiment: Experiment, samples: int, steps: int, device: str
) -> Model:
    """The network as the engine computes it, for so many samples."""
    options = experiment.sampling
    calls = steps * -(-samples // options.block_size)
    return engine.for_sampling(network, options.precision, device, calls)
