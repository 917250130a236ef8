"""One experiment: a dataset and a recipe, from training to retraining."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from mirage.diffusion import times_of
from mirage.hooks.saved import Saved
from mirage.window import predict
from mirage_workflow.config.causes import Causes, Sweeps
from mirage_workflow.config.compute import Compute
from mirage_workflow.config.consistent import require_consistent
from mirage_workflow.config.datasets import Dataset, Figure, Metric
from mirage_workflow.config.judging import (
    Classifier,
    Counter,
    Detection,
    Embedding,
    Following,
    Handover,
    Recursion,
    Scoring,
    Trajectories,
)
from mirage_workflow.config.recipe import (
    MLP,
    Diffusion,
    Finetune,
    Linear,
    Pipeline,
    Samples,
    Sampling,
    Training,
    UNet,
)
from mirage_workflow.config.section import Section, Unique
from mirage_workflow.process import schedule_of

LabelFiles = Annotated[
    Unique[str],
    Field(max_length=2),
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=str | list[str],
    ),
]


class Experiment(Section):
    """A dataset and a recipe. One file of config/experiments describes one."""

    dataset: Dataset
    diffusion: Diffusion = Linear()
    network: Annotated[MLP | UNet | Pipeline, Field(discriminator="name")] | None = None
    samples: Samples | None = None
    training: Training | None = None
    finetune: Finetune | None = None
    sampling: Sampling
    detection: Detection = Detection()
    trajectories: Trajectories = Trajectories()
    scoring: Scoring = Scoring()
    classifier: Classifier = Classifier()
    embedding: Embedding = Embedding()
    counter: Counter = Counter()
    recursion: Recursion = Recursion()
    causes: Causes | None = None
    sweeps: Sweeps | None = None
    following: Following | None = None
    handover: Handover | None = None
    compute: Compute = Compute()
    labels: LabelFiles = []
    """Labels by eye of generation 0 of the first seed: a CSV saved from `label.html`, or two of
    two people; relative to the working directory. Only where the dataset has no true labels."""
    replicates: PositiveInt | None = None
    """Repeated for so many of the run's seeds at most; null for all."""
    metrics: Unique[Metric] = []
    """Metrics of your own, measured of every generation beside what the dataset measures."""
    figures: Unique[Figure] = []
    """Figures of your own, plotted beside those that the dataset shows."""

    @model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        require_consistent(self)
        return self

    def resolved(self) -> "Experiment":
        """The same with `auto` replaced by what it stands for, and nothing asked that cannot be."""
        if self.samples:
            scored = self.detection.detectors if self.samples.are_scored else []
            detection = self.detection.model_copy(update={"detectors": scored})
            return self.model_copy(update={"detection": detection, "replicates": 1})
        if self.scoring.window != "auto":
            return self
        predicted = self.predicted_window
        windows = [*self.detection.windows]
        windows += [predicted] if predicted not in windows else []
        scoring = self.scoring.model_copy(update={"window": predicted})
        detection = self.detection.model_copy(update={"windows": windows})
        return self.model_copy(update={"scoring": scoring, "detection": detection})

    @property
    def predicted_window(self) -> tuple[int, int]:
        """The window that noise and spacing predict; for mixtures."""
        return predict(schedule_of(self), self.times, self.dataset.mixture.spacing)

    @property
    def times(self) -> np.ndarray:
        """The times of the reverse steps, from the first to the last: int [steps]."""
        return times_of(self.start, self.reverse_steps, self.sampling.spread)

    @property
    def origin(self) -> Literal["network", "pipeline", "samples"]:
        """Where generation 0 comes from: a network trained here, a pipeline, or samples."""
        if self.samples:
            return "samples"
        return "pipeline" if self.network.name == "pipeline" else "network"

    @property
    def learning(self) -> Training:
        """How a generation is trained."""
        return self.finetune or self.training

    @property
    def has_scores(self) -> bool:
        """Whether detectors tell anything of samples."""
        return bool(self.detection.detectors)

    @property
    def has_paths(self) -> bool:
        """Whether the ways to samples can be shown: not those in another space, as of latents."""
        if self.samples:
            return self.samples.paths is not None
        return self.origin == "network" or Saved(Path(self.network.folder)).is_plain

    @property
    def has_bottleneck(self) -> bool:
        """Whether there is a U-Net of ours, whose bottleneck can be looked at."""
        return self.origin == "network" and self.network.name == "unet"

    @property
    def has_labels(self) -> bool:
        """Whether hallucinations of generation 0 are told, by the dataset or by eye."""
        return self.dataset.has_labels or bool(self.labels)

    @property
    def has_classes(self) -> bool:
        """Whether the network that judges pictures tells classes."""
        return self.dataset.has_classes and self.classifier.torchscript is None

    @property
    def feature_network(self) -> str:
        """In whose features pictures are compared, as the metrics name it."""
        if self.classifier.torchscript is not None:
            return Path(self.classifier.torchscript).name
        return "own classifier" if self.dataset.has_classes else "own rotation network"

    @property
    def start(self) -> int:
        """The time at which the reverse process starts."""
        last = self.diffusion.timesteps - 1
        return last if self.sampling.start is None else self.sampling.start

    @property
    def reverse_steps(self) -> int:
        """The number of reverse steps of one trajectory."""
        return self.sampling.steps or self.start + 1

    @property
    def shards(self) -> int:
        """The number of sampling jobs of one generation."""
        return -(-self.sampling.samples // self.compute.shard_size)
