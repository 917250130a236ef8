"""One experiment: a dataset and a recipe, from training to retraining."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from mirage.diffusion import times_of
from mirage.hooks.saved import Saved
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
    Finetune,
    Following,
    Linear,
    Pipeline,
    Recursion,
    Samples,
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
        self._check_origin()
        self._check_learned_schedule()
        self._check_network()
        self._check_times()
        self._check_variance()
        self._check_endpoint()
        self._check_detectors()
        self._check_recursion()
        self._check_studies()
        self._check_shards()
        self._check_labels()
        return self

    def _check_learned_schedule(self) -> None:
        """Nothing may rest on its times, which are not known before."""
        if self.diffusion.name != "learned" or self.origin != "network":
            return
        if len(self.dataset.shape) > 1:
            raise ValueError(
                f"diffusion.name: 'learned' is of points: found {self.dataset.name}; "
                "allowed: linear, cosine, given"
            )
        times = {
            "sampling.start": self.sampling.start,
            "training.time_focus": self.training.time_focus,
        }
        for key, value in times.items():
            if value is not None:
                raise ValueError(
                    f"{key}: no time of a learned schedule is known before it is learned; "
                    "allowed: null"
                )
        if self.scoring.window == "auto":
            raise ValueError(
                "scoring.window: 'auto' needs a schedule that is known before: found "
                "diffusion.name 'learned'"
            )

    def _check_origin(self) -> None:
        """Samples come from a network that is trained here, a pipeline, or elsewhere."""
        if self.samples:
            return self._check_samples()
        if not self.detection.detectors:
            raise ValueError("detection.detectors: found none; allowed: at least 1")
        if self.network is None:
            raise ValueError("network: field required, or `samples` made elsewhere")
        if self.network.name == "pipeline":
            return self._check_pipeline()
        if self.training is None:
            raise ValueError("training: field required")
        if self.finetune:
            raise ValueError("finetune: only of a pipeline; allowed here: `training`, from scratch")

    def _check_pipeline(self) -> None:
        recursion, sampling = self.recursion, self.sampling
        if sampling.steps is None:
            raise ValueError("sampling.steps: needed where a pipeline draws: found null")
        own = {"samples", "steps", "block_size"}
        self._refuse_said("sampling", sampling, Sampling(**sampling.model_dump(include=own)))
        self._refuse_said("diffusion", self.diffusion, Linear())
        if self.training and self.finetune:
            raise ValueError("finetune: found `training` too; allowed: one of the two")
        if recursion.generations and not (self.training or self.finetune):
            raise ValueError(
                f"recursion.generations: found {recursion.generations}, not how they are trained; "
                "allowed: with `finetune`, to go on, or `training`, from scratch"
            )

    def _refuse_said(self, key: str, found: Section, default: Section) -> None:
        """Refuse what the pipeline's own scheduler decides."""
        for name, value in found:
            if value != getattr(default, name):
                raise ValueError(
                    f"{key}.{name}: a pipeline has its own scheduler: found {value!r}; "
                    "allowed: nothing (`sizes: pipeline` says what else it takes)"
                )

    def _check_samples(self) -> None:
        if self.network:
            raise ValueError("samples: found a `network` too; allowed: one of the two")
        if self.dataset.is_pictures != (self.samples.folder is not None):
            wanted = "folder" if self.dataset.is_pictures else "points"
            raise ValueError(f"samples.{wanted}: needed, as of {self.dataset.name}: found null")
        if self.recursion.generations:
            raise ValueError(
                f"recursion.generations: found {self.recursion.generations}, and samples made "
                "elsewhere have no model to retrain; allowed: 0"
            )
        if self.replicates not in (None, 1):
            raise ValueError(
                f"replicates: samples made elsewhere are there once: found {self.replicates}"
            )
        if self.scoring.window == "auto":
            raise ValueError("scoring.window: 'auto' needs the noise of a network trained here")
        if not self.samples.are_scored:
            for name in set(self.recursion.filters) & DETECTORS.keys():
                raise ValueError(
                    f"recursion.filters: {name!r} needs samples.paths or samples.scores"
                )

    def _check_network(self) -> None:
        if self.network is None:
            return
        wanted = ("mlp",) if len(self.dataset.shape) == 1 else ("unet", "pipeline")
        if self.network.name not in wanted:
            raise ValueError(
                f"network.name: {self.dataset.name} needs {' or '.join(map(repr, wanted))}: "
                f"found {self.network.name!r}"
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
                f"last time: found {left:.1e}; lower diffusion.beta_end, or take another schedule"
            )

    def _check_times(self) -> None:
        self._check_window()
        if self.samples:  # whose steps stand in their file
            return
        if self.origin == "network":
            self._check_walk()
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

    def _check_window(self) -> None:
        window, windows = self.scoring.window, self.detection.windows
        if window == "auto" and not self.dataset.has_modes:
            raise ValueError(f"scoring.window: 'auto' needs modes, which {self.dataset.name} lacks")
        if window not in ("auto", *windows):
            allowed = ", ".join(str(list(window)) for window in windows)
            raise ValueError(
                f"scoring.window: {list(window)} is not among detection.windows; allowed: {allowed}"
            )

    def _check_walk(self) -> None:
        """What only a walk of our own has."""
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
        if len(self.dataset.shape) > 1 and self.embedding.t >= timesteps:
            raise ValueError(
                f"embedding.t must be below timesteps: found {self.embedding.t}, {timesteps}"
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

    def _check_variance(self) -> None:
        if self.sampling.variance == "optimal" and not self.dataset.has_modes:
            raise ValueError(
                f"sampling.variance: 'optimal' needs modes, which {self.dataset.name} lacks; "
                "allowed: fixed_large, fixed_small"
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
        if recursion.refitted and not self.dataset.has_modes:
            raise ValueError(
                f"recursion.refitted: only of a mixture, which {self.dataset.name} is not"
            )
        for name in every:
            if name in DETECTORS and name not in self.detection.detectors:
                raise ValueError(f"recursion.filters: {name!r} is not among detection.detectors")

    def _check_studies(self) -> None:
        for name in ("causes", "sweeps"):
            if getattr(self, name) and self.samples:
                raise ValueError(f"{name}: only of a network trained here, not of `samples`")
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
        if not (self.dataset.has_labels or "reference" in self.dataset.needs):
            raise ValueError(
                "following: needs true labels, or pictures that are compared with real ones, "
                f"which {self.dataset.name} lacks"
            )
        if self.origin != "network":
            raise ValueError(f"following: only of a network trained here, not of {self.origin}")
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
        replicates = 1 if self.samples else self.replicates
        if self.recursion.generations > 1 or replicates != 1:
            raise ValueError(
                "recursion.filters: 'oracle' has labels by eye of generation 0 of one seed: "
                f"found {self.recursion.generations} generations and replicates {self.replicates}; "
                "allowed: 1 and 1"
            )

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
