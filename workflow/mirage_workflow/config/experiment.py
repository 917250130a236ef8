"""One experiment: a dataset and a recipe, from training to retraining."""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from mirage.diffusion import times_of
from mirage.metrics.spacing import SpacingError, require_spacing
from mirage.registry import DETECTORS
from mirage.window import predict
from mirage_workflow.config.causes import Causes, Sweeps
from mirage_workflow.config.compute import Compute
from mirage_workflow.config.datasets import Dataset, Figure, Metric
from mirage_workflow.config.recipe import (
    MLP,
    Classifier,
    Counter,
    Detection,
    Diffusion,
    Embedding,
    Following,
    Recursion,
    Sampling,
    Scoring,
    Training,
    Trajectories,
    UNet,
)
from mirage_workflow.config.section import Section, Unique
from mirage_workflow.process import schedule_of

LEAST_ABAR = 1e-6
"""At which float32 still tells x_0 from x_t to a part in ten thousand."""


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
    diffusion: Diffusion = Diffusion()
    network: Annotated[MLP | UNet, Field(discriminator="name")]
    training: Training
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
        self._check_network()
        self._check_times()
        self._check_endpoint()
        self._check_detectors()
        self._check_recursion()
        self._check_studies()
        self._check_shards()
        self._check_labels()
        return self

    def _check_network(self) -> None:
        wanted = "mlp" if len(self.dataset.shape) == 1 else "unet"
        if self.network.name != wanted:
            raise ValueError(
                f"network.name: {self.dataset.name} needs {wanted!r}: found {self.network.name!r}"
            )
        if self.network.name == "unet":
            halvings, patch = len(self.network.channels) - 1, self.network.patch
            if self.dataset.shape[-1] % (patch * 2**halvings):
                raise ValueError(
                    f"network: {self.dataset.shape[-1]} pixels cannot be cut into patches of "
                    f"{patch} and halved {halvings} times (network.patch, network.channels)"
                )

            self._check_prediction()

    def _check_prediction(self) -> None:
        """float32 holds seven digits, and x_0 shrinks by the root of abar."""
        left = schedule_of(self).alphas_cumprod[-1]
        if self.network.prediction == "v_prediction" and left < LEAST_ABAR:
            raise ValueError(
                f"network.prediction: 'v_prediction' needs abar of at least {LEAST_ABAR:g} at the "
                f"last time: found {left:.1e}; lower diffusion.beta_end"
            )

    def _check_times(self) -> None:
        timesteps, start = self.diffusion.timesteps, self.start
        if start >= timesteps:
            raise ValueError(f"sampling.start must be below timesteps: found {start}, {timesteps}")
        if self.reverse_steps > start + 1:
            raise ValueError(
                f"sampling.steps: at most {start + 1} times lie at or below start: "
                f"found {self.sampling.steps}"
            )
        if self.sampling.ddpm_tail > self.reverse_steps:
            raise ValueError(
                f"sampling.ddpm_tail must be at most the {self.reverse_steps} reverse steps: "
                f"found {self.sampling.ddpm_tail}"
            )
        for first, last in self.detection.windows:
            if last >= self.reverse_steps:
                raise ValueError(
                    f"detection.windows: [{first}, {last}] is longer than the trajectory of "
                    f"{self.reverse_steps} steps; T2 may be at most {self.reverse_steps - 1}"
                )
        kept = self.trajectories.steps
        if kept is not None and kept > self.reverse_steps:
            raise ValueError(
                f"trajectories.steps: the trajectory has {self.reverse_steps} steps: found {kept}"
            )
        window, most = self.trajectories.window, kept or self.reverse_steps
        if window is not None and not window[0] < window[1] < most:
            raise ValueError(
                f"trajectories.window: found {[*window]}, of {most} steps kept; "
                f"allowed: [first, last] with first < last < {most}"
            )
        if len(self.dataset.shape) > 1 and self.embedding.t >= timesteps:
            raise ValueError(
                f"embedding.t must be below timesteps: found {self.embedding.t}, {timesteps}"
            )
        window, windows = self.scoring.window, self.detection.windows
        if window == "auto" and not self.dataset.has_modes:
            raise ValueError(f"scoring.window: 'auto' needs modes, which {self.dataset.name} lacks")
        if window not in ("auto", *windows):
            allowed = ", ".join(str(list(window)) for window in windows)
            raise ValueError(
                f"scoring.window: {list(window)} is not among detection.windows; allowed: {allowed}"
            )
        focus = self.training.time_focus
        if focus and focus.below > timesteps:
            raise ValueError(
                f"training.time_focus.below must be at most {timesteps}: found {focus.below}"
            )
        if focus and focus.share == 1 and start >= focus.below:
            raise ValueError(
                f"sampling.start: t = {start} is never trained, as training.time_focus draws "
                f"every time below {focus.below}"
            )

    def _check_endpoint(self) -> None:
        if self.scoring.endpoint and self.dataset.has_modes:
            try:
                require_spacing(self.dataset.mixture, self.scoring.radius)
            except SpacingError as error:
                raise ValueError(
                    f"scoring.endpoint: {error}; with `endpoint: false` there are the published "
                    "labels alone"
                ) from None

    def _check_detectors(self) -> None:
        for name in () if self.dataset.is_pictures else self.detection.detectors:
            if getattr(DETECTORS.get(name), "pictures", False):
                raise ValueError(
                    f"detection.detectors: {name!r} is of pictures, which {self.dataset.name} lacks"
                )

    def _check_recursion(self) -> None:
        recursion, drawn = self.recursion, self.sampling.samples
        if recursion.keep is not None and recursion.keep > drawn:
            raise ValueError(
                f"recursion.keep: more kept than drawn: found {recursion.keep}, "
                f"sampling.samples is {drawn}"
            )
        every = [*recursion.filters, *recursion.shown]
        if "oracle" in every and not self.has_labels:
            raise ValueError(
                f"recursion.filters: 'oracle' needs true labels, which {self.dataset.name} lacks; "
                "allowed: with `labels` given by eye"
            )
        for name in every:
            if name in DETECTORS and name not in self.detection.detectors:
                raise ValueError(f"recursion.filters: {name!r} is not among detection.detectors")

    def _check_studies(self) -> None:
        for name in ("causes", "sweeps"):
            if getattr(self, name) and not self.dataset.has_modes:
                raise ValueError(f"{name}: only of a mixture, which {self.dataset.name} is not")
        if self.causes and self.causes.few_steps > self.start + 1:
            raise ValueError(
                f"causes.few_steps must be at most the {self.start + 1} times at or below "
                f"sampling.start: found {self.causes.few_steps}"
            )
        if self.following:
            self._check_following(self.following)

    def _check_following(self, following: Following) -> None:
        if not self.dataset.has_labels:
            raise ValueError(f"following: needs true labels, which {self.dataset.name} lacks")
        if max(following.updates) > self.training.updates:
            raise ValueError(
                f"following.updates: training has {self.training.updates} updates: "
                f"found {max(following.updates)}"
            )

    def _check_shards(self) -> None:
        shard, block = self.compute.shard_size, self.sampling.block_size
        if shard % block:
            raise ValueError(
                f"compute.shard_size must be a multiple of sampling.block_size, {block}: "
                f"found {shard}"
            )

    def _check_labels(self) -> None:
        """People label one generation of one seed."""
        if self.labels and self.dataset.has_labels:
            raise ValueError(f"labels: {self.dataset.name} has true ones; allowed: none by eye")
        recursion = self.recursion
        if not self.labels or "oracle" not in [*recursion.filters, *recursion.shown]:
            return
        if self.recursion.generations > 1 or self.replicates != 1:
            raise ValueError(
                "recursion.filters: 'oracle' has labels by eye of generation 0 of one seed: "
                f"found {self.recursion.generations} generations and replicates {self.replicates}; "
                "allowed: 1 and 1"
            )

    def resolved(self) -> "Experiment":
        """The same with `auto` replaced by what it stands for."""
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
        return times_of(self.start, self.reverse_steps)

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
