"""One experiment: a dataset and a recipe, from training to retraining."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from mirage.diffusion import times_of
from mirage.filters import filters
from mirage.metrics.spacing import SpacingError, require_spacing
from mirage.registry import DETECTORS
from mirage.window import predict
from mirage_workflow import build
from mirage_workflow.config.causes import Causes, Sweeps
from mirage_workflow.config.datasets import Dataset, MixtureOptions
from mirage_workflow.config.section import Section, Unique

Precision = Literal["float32", "bfloat16"]

LEAST_ABAR = 1e-6
"""At which float32 still tells x_0 from x_t to a part in ten thousand."""


class Diffusion(Section):
    """The forward process: T steps with linearly rising noise (DDPM, Ho et al. 2020)."""

    timesteps: PositiveInt = 1000
    """T, the number of steps."""
    beta_start: Annotated[float, Field(gt=0, lt=1)] = 0.001
    """Noise variance added in the first step."""
    beta_end: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Noise variance added in the last step."""


class MLP(Section):
    """The paper's network for points: residual layers with a time embedding."""

    name: Literal["mlp"]
    width: Annotated[int, Field(ge=4, multiple_of=2)] = 128
    """Hidden features."""
    layers: PositiveInt = 3
    """Residual layers."""
    tied: bool = True
    """Whether all residual layers share one set of weights, as in the official code."""
    init: Literal["xavier", "pytorch"] = "xavier"
    """Initial weights: Xavier's uniform with zero biases, as in the official code, or
    PyTorch's default for linear layers, which learns narrow modes far sooner."""


class UNet(Section):
    """diffusers' UNet2DModel for pictures."""

    name: Literal["unet"]
    channels: list[Annotated[int, Field(gt=0, multiple_of=8)]] = Field([16, 32, 32], min_length=1)
    """Channels of each resolution, finest first."""
    layers_per_block: PositiveInt = 1
    """Residual layers at each resolution."""
    attention: bool = False
    """Self-attention at every resolution but the finest."""
    patch: PositiveInt = 1
    """Pixels a side of the patches that the network sees as one; 2 costs about a quarter."""
    prediction: Literal["epsilon", "v_prediction"] = "epsilon"
    """What the network computes, and its squared error is taken of: the noise (Ho et al. 2020),
    or v = sqrt(abar) eps - sqrt(1 - abar) x0 (Salimans and Ho 2022), which tells x0 from few
    updates where noise is strong. The rest of the pipeline sees the noise."""


class TimeFocus(Section):
    """Draw a share of the training times from where the signal is not yet gone."""

    below: PositiveInt
    """The focused times are 0 <= t < below."""
    share: Annotated[float, Field(gt=0, le=1)]
    """Share of the times drawn from there; the rest is uniform over all T."""


class Training(Section):
    """Noise-prediction training with Adam (Ho et al. 2020, algorithm 1)."""

    updates: PositiveInt
    """Optimiser steps."""
    batch_size: PositiveInt
    """Samples in each step."""
    learning_rate: PositiveFloat = 1e-3
    """Adam's step size at the start."""
    learning_rate_schedule: Literal["constant", "cosine"] = "constant"
    """`cosine` falls to zero over the updates."""
    ema_decay: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Decay of the weights' moving average that is sampled from; null for none."""
    time_focus: TimeFocus | None = None
    """Where training times are drawn; null for uniformly."""
    precision: Precision = "float32"
    """Number format of the large matrix products; `bfloat16` where the processor multiplies
    it, float32 elsewhere."""
    checkpoint_every: PositiveInt = 1000
    """Updates between checkpoints."""
    threads: PositiveInt = 1
    """CPU threads. Part of the recipe: sums depend on how they are divided."""


class Sampling(Section):
    """The reverse process."""

    samples: PositiveInt
    """Samples drawn in each generation."""
    sampler: Literal["ddpm", "ddim"] = "ddpm"
    """DDPM (Ho et al. 2020) or DDIM (Song et al. 2021)."""
    variance: Literal["fixed_large", "fixed_small"] = "fixed_large"
    """DDPM's reverse variance: beta_t, or that of the posterior."""
    eta: Annotated[float, Field(ge=0, le=1)] = 0.0
    """DDIM's noise: 0 is deterministic, 1 is DDPM with `fixed_small`."""
    ddpm_tail: NonNegativeInt = 0
    """The last so many steps of DDIM are taken as DDPM's at the same times: their noise
    frees samples that are stuck between modes."""
    start: NonNegativeInt | None = None
    """Time t at which x_t is drawn from N(0, I); null for the last, T - 1."""
    steps: Annotated[int, Field(ge=2)] | None = None
    """Reverse steps, evenly spread over the times; null for one at each time."""
    clip: bool = False
    """Clip the predicted clean sample to [-1, 1] in every step (pictures)."""
    block_size: PositiveInt = 1000
    """Samples that share one random stream and walk together; part of the result."""
    shard_size: PositiveInt = 50_000
    """Samples a job draws; changes nothing in the result."""
    precision: Precision = "float32"
    """As for training."""
    threads: PositiveInt = 1
    """CPU threads of one job."""

    @model_validator(mode="after")
    def _whole_blocks(self) -> "Sampling":
        if self.shard_size % self.block_size:
            raise ValueError(
                f"shard_size must be a multiple of block_size: found {self.shard_size} "
                f"and {self.block_size}"
            )
        return self

    @model_validator(mode="after")
    def _tail_of_ddim(self) -> "Sampling":
        if self.ddpm_tail and self.sampler != "ddim":
            raise ValueError(f"ddpm_tail is of sampler 'ddim': found sampler {self.sampler!r}")
        return self


Window = tuple[NonNegativeInt, NonNegativeInt]


class Detection(Section):
    """Statistics of a trajectory that tell a hallucination."""

    detectors: Unique[str] = Field(["hal"], min_length=1)
    """Detectors computed for every sample while it is drawn; figures show the first."""
    windows: Unique[Window] = Field([(0, 2), (0, 4), (0, 9), (0, 19), (5, 14)], min_length=1)
    """Windows [T1, T2] of the reverse steps, both ends counted, in steps before
    the end: [0, 9] is the last ten."""

    @field_validator("detectors")
    @classmethod
    def _known_detectors(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in DETECTORS:
                raise ValueError(f"unknown detector {name!r}; allowed: {', '.join(DETECTORS)}")
        return names

    @model_validator(mode="after")
    def _ordered(self) -> "Detection":
        for first, last in self.windows:
            if first >= last:
                raise ValueError(f"windows: T1 must be below T2: found [{first}, {last}]")
        return self


class Trajectories(Section):
    """Paths kept in full for the figures."""

    paths: PositiveInt = 200
    """How many of each kind: valid and hallucinated ones, or, where there are no labels,
    those with the lowest and the highest score."""
    steps: PositiveInt | None = None
    """Reverse steps kept, counted from the end; null for all. Paths of pictures are large."""


class Scoring(Section):
    """What is said of each generated sample."""

    window: Window | Literal["auto"] = (0, 4)
    """The window of the score that filters use, one of `detection.windows`; `auto` adds
    the one that noise and spacing of the modes predict."""
    radius: PositiveFloat = 5.0
    """Distance from a mode or a bridge, in standard deviations, up to which a
    sample belongs to it."""
    endpoint: bool = True
    """Of mixtures: whether to tell too where each sample ended, `valid`, `widened`, `bridge` or
    `stray`, with the rates, floors and directions that the ledger rests on. It takes modes that
    are four radii apart; without it there are the published labels alone."""


class Classifier(Section):
    """The small network that judges pictures, trained by the pipeline itself: on the classes
    of real pictures, or, where they have none, on telling by how much they are turned."""

    epochs: PositiveInt = 10
    """Passes over the training pictures."""
    features: PositiveInt = 64
    """Size of the layer in which distances, FID, precision and recall are measured."""
    torchscript: str | None = None
    """A file with a TorchScript module to measure in instead, relative to the working
    directory: float32 pictures [n, c, h, w] in [-1, 1] in, features [n, f] out. It knows no
    classes, so that metrics of classes are left out."""


class Embedding(Section):
    """How the U-Net's bottleneck sees pictures, real and generated."""

    pictures: Annotated[int, Field(ge=4)] = 300
    """Pictures of each kind, real and generated, at most."""
    t: NonNegativeInt = 50
    """Time of the little noise that they are given first."""


class Counter(Section):
    """The counter of Simple Shapes: how bad the pictures are that it is calibrated on.

    The defaults lie a little above the 95 % quantiles of 256 pictures of one small model
    after 1,000 updates of 64: haze 0.145, noise 0.025, and a lowest match like that of a
    blur of 0.65. The metric `degradation` tells those of each generation: where they are
    far worse, the labels are less sure than the audit says.
    """

    blur: Annotated[float, Field(ge=0, le=2)] = 0.65
    """Standard deviation of the edges, in pixels."""
    haze: Annotated[float, Field(ge=0, lt=0.5)] = 0.15
    """Grey of the background, where white minus black is 1."""
    noise: Annotated[float, Field(ge=0, lt=0.5)] = 0.03
    """Standard deviation of the noise, in the same unit."""
    calibration: Annotated[int, Field(ge=100)] = 5_000
    """True pictures, and planted errors of each kind, that thresholds are found with."""
    audit: PositiveInt = 20_000
    """Other true pictures, clean and degraded, on which false alarms are counted."""
    planted: PositiveInt = 5_000
    """Other planted errors of each kind, clean and degraded, on which misses are counted."""


class Recursion(Section):
    """Retraining on filtered samples of the generation before."""

    generations: NonNegativeInt = 0
    """Generations after the first; 0 trains on real data only."""
    filters: Unique[str] = []
    """Filters compared, each its own line of generations."""
    keep: PositiveInt | None = None
    """Samples each filter keeps for the next generation."""
    thresholds: dict[str, float] = {}
    """Per detector, the score above which its filter keeps nothing."""

    @model_validator(mode="after")
    def _complete(self) -> "Recursion":
        for name in self.filters:
            if name not in filters():
                raise ValueError(
                    f"filters: unknown filter {name!r}; allowed: {', '.join(filters())}"
                )
        for name in self.thresholds:
            if name not in DETECTORS:
                raise ValueError(
                    f"thresholds: unknown detector {name!r}; allowed: {', '.join(DETECTORS)}"
                )
        if self.generations and (not self.filters or self.keep is None):
            raise ValueError(f"{self.generations} generations need `filters` and `keep`")
        return self


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
    replicates: PositiveInt | None = None
    """Repeated for so many of the run's seeds at most; null for all."""

    @model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        self._check_network()
        self._check_times()
        self._check_endpoint()
        self._check_recursion()
        self._check_studies()
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
        left = build.schedule(self).alphas_cumprod[-1]
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
        if len(self.dataset.shape) > 1 and self.embedding.t >= timesteps:
            raise ValueError(
                f"embedding.t must be below timesteps: found {self.embedding.t}, {timesteps}"
            )
        window, windows = self.scoring.window, self.detection.windows
        if window == "auto" and not isinstance(self.dataset, MixtureOptions):
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
        if self.scoring.endpoint and isinstance(self.dataset, MixtureOptions):
            try:
                require_spacing(build.mixture(self.dataset), self.scoring.radius)
            except SpacingError as error:
                raise ValueError(
                    f"scoring.endpoint: {error}; with `endpoint: false` there are the published "
                    "labels alone"
                ) from None

    def _check_recursion(self) -> None:
        recursion, drawn = self.recursion, self.sampling.samples
        if recursion.keep is not None and recursion.keep > drawn:
            raise ValueError(
                f"recursion.keep: more kept than drawn: found {recursion.keep}, "
                f"sampling.samples is {drawn}"
            )
        if "oracle" in recursion.filters and not self.dataset.has_labels:
            raise ValueError(
                f"recursion.filters: 'oracle' needs true labels, which {self.dataset.name} lacks"
            )
        for name in recursion.filters:
            if name in DETECTORS and name not in self.detection.detectors:
                raise ValueError(f"recursion.filters: {name!r} is not among detection.detectors")

    def _check_studies(self) -> None:
        for name in ("causes", "sweeps"):
            if getattr(self, name) and not isinstance(self.dataset, MixtureOptions):
                raise ValueError(f"{name}: only of a mixture, which {self.dataset.name} is not")
        if self.causes and self.causes.few_steps > self.start + 1:
            raise ValueError(
                f"causes.few_steps must be at most the {self.start + 1} times at or below "
                f"sampling.start: found {self.causes.few_steps}"
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
        return predict(build.schedule(self), self.times, build.mixture(self.dataset).spacing)

    @property
    def times(self) -> np.ndarray:
        """The times of the reverse steps, from the first to the last: int [steps]."""
        return times_of(self.start, self.reverse_steps)

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
        return -(-self.sampling.samples // self.sampling.shard_size)
