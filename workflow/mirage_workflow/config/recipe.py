"""The sections of a recipe, each checked by itself."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mirage_workflow.config.section import Section, Unique, require_known
from mirage_workflow.places import REFITTED

Precision = Literal["float32", "bfloat16"]


class Linear(Section):
    """The forward process: T steps with linearly rising noise (DDPM, Ho et al. 2020).
    A section without a name is one of these."""

    name: Literal["linear"] = "linear"
    timesteps: PositiveInt = 1000
    """T, the number of steps."""
    beta_start: Annotated[float, Field(gt=0, lt=1)] = 0.001
    """Noise variance added in the first step."""
    beta_end: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Noise variance added in the last step."""


class Cosine(Section):
    """Signal that falls as a squared cosine, no beta above 0.999 (Nichol and Dhariwal 2021)."""

    name: Literal["cosine"]
    timesteps: PositiveInt = 1000
    """T, the number of steps."""


class Learned(Section):
    """Noise learned on the training points, once for each seed, before any network that is
    sampled from (Kingma et al. 2021): its ends with the variational bound, its inside so that the
    bound's estimate varies least. Of points alone; its times mean nothing before, so that
    `sampling.start` and `training.time_focus` must be null."""

    name: Literal["learned"]
    timesteps: Annotated[int, Field(ge=2)] = 1000
    """T, the number of steps that it is cut into."""
    updates: PositiveInt = 2000
    """Of the schedule, and of a small network that is not kept."""
    batch_size: PositiveInt = 1000
    """Samples in each."""


class Given(Section):
    """A forward process of your own."""

    name: Literal["given"]
    betas: list[Annotated[float, Field(gt=0, lt=1)]] = Field(min_length=2)
    """Noise variance added in each step."""

    @property
    def timesteps(self) -> int:
        """T, the number of steps."""
        return len(self.betas)


def _linear(values: Any) -> Any:
    """A section that names no schedule means the linear one."""
    return {"name": "linear", **values} if isinstance(values, Mapping) else values


Diffusion = Annotated[
    Annotated[Linear | Cosine | Learned | Given, Field(discriminator="name")],
    BeforeValidator(_linear),
]
"""The forward process, by the name of its schedule."""


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


class Pipeline(Section):
    """A pipeline that diffusers saved: generation 0 is drawn from it, and nothing is trained."""

    name: Literal["pipeline"]
    folder: str = Field(min_length=1)
    """Where it was saved, relative to the working directory. Its own scheduler walks, in
    `sampling.steps` steps."""


class Samples(Section):
    """Samples made elsewhere, in the place of a network: generation 0, and the only one."""

    folder: str | None = None
    """A folder of pictures of the dataset's size, PNG or JPEG, in the order of their names."""
    points: str | None = None
    """A file with points: an NPZ with `x` [n, d], or Parquet with columns `x0`, `x1` and so on."""
    paths: str | None = None
    """An NPZ with the predicted clean samples at each step, `x0_hat` [n, steps, *sample]; null
    where they were not kept."""
    scores: str | None = None
    """Parquet with scores taken before, as `mirage score` writes it; null for none."""

    @model_validator(mode="after")
    def _one_of_each(self) -> "Samples":
        if (self.folder is None) == (self.points is None):
            raise ValueError("folder: needed, or points; and not both")
        if self.points and not self.points.endswith((".npz", ".parquet")):
            raise ValueError(f"points: found {self.points!r}; allowed: .npz, .parquet")
        if self.paths and not self.paths.endswith(".npz"):
            raise ValueError(f"paths: found {self.paths!r}; allowed: .npz")
        if self.paths and self.scores:
            raise ValueError("scores: they are taken of paths; allowed: one of the two")
        return self

    @property
    def are_scored(self) -> bool:
        """Whether detectors can tell anything of them."""
        return bool(self.paths or self.scores)


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
    threads: PositiveInt = 1
    """CPU threads. Part of the recipe: sums depend on how they are divided."""


class Finetune(Training):
    """Training that goes on from the generation before, not from scratch."""

    learning_rate: PositiveFloat = 1e-5
    """Adam's step size at the start."""


class Sampling(Section):
    """The reverse process."""

    samples: PositiveInt
    """Samples drawn in each generation."""
    sampler: Literal["ddpm", "ddim"] = "ddpm"
    """DDPM (Ho et al. 2020) or DDIM (Song et al. 2021)."""
    variance: Literal["fixed_large", "fixed_small", "optimal"] = "fixed_large"
    """DDPM's reverse variance: beta_t, that of the posterior, or, of a mixture, the one with
    which each jump fills the modes (Bao et al. 2022)."""
    eta: Annotated[float, Field(ge=0, le=1)] = 0.0
    """DDIM's noise: 0 is deterministic, 1 is DDPM with `fixed_small`."""
    ddpm_tail: NonNegativeInt = 0
    """The last so many steps of DDIM are taken as DDPM's at the same times: their noise
    frees samples that are stuck between modes."""
    start: NonNegativeInt | None = None
    """Time t at which x_t is drawn from N(0, I); null for the last, T - 1."""
    steps: Annotated[int, Field(ge=2)] | None = None
    """Reverse steps, spread over the times; null for one at each time."""
    spread: Literal["even", "quadratic"] = "even"
    """How: evenly, or most of them at the end (Song et al. 2021)."""
    clip: bool = False
    """Clip the predicted clean sample to [-1, 1] in every step (pictures)."""
    block_size: PositiveInt = 1000
    """Samples that share one random stream and walk together; part of the result."""
    precision: Precision = "float32"
    """As for training."""

    @model_validator(mode="after")
    def _tail_of_ddim(self) -> "Sampling":
        if self.ddpm_tail and self.sampler != "ddim":
            raise ValueError(f"ddpm_tail is of sampler 'ddim': found sampler {self.sampler!r}")
        return self


Window = tuple[NonNegativeInt, NonNegativeInt]


class Detection(Section):
    """Statistics of a trajectory that tell a hallucination."""

    detectors: Unique[str] = ["hal"]
    """Detectors computed for every sample while it is drawn; figures show the first. Only of
    samples made elsewhere may there be none, and is there none without paths or scores."""
    windows: Unique[Window] = Field([(0, 2), (0, 4), (0, 9), (0, 19), (5, 14)], min_length=1)
    """Windows [T1, T2] of the reverse steps, both ends counted, in steps before
    the end: [0, 9] is the last ten."""

    @field_validator("detectors")
    @classmethod
    def _known_detectors(cls, names: list[str], info: ValidationInfo) -> list[str]:
        for name in names:
            require_known("detector", name, info)
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
    window: Window | None = None
    """Of pictures: first and last of the kept steps, counted from the end, that film strips show
    and take the variance over; null for all."""


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


class Following(Section):
    """What becomes of samples along a training: that of generation 0, of the first seed, once
    more and the same, with samples drawn at some updates."""

    updates: Unique[PositiveInt] = Field(min_length=1)
    """After which samples are drawn."""
    samples: PositiveInt
    """Samples drawn each time."""


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
    blur of 0.65. The metrics `haze` and `noise` tell those of each generation: where they are
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
    refitted: bool = False
    """Of mixtures: whether to have beside the filters the control `refitted`, a line of generations
    without a network. Each is drawn, by the same sampler, with the exact score of a mixture that
    is refitted to the valid ones of a random choice of the one before: what it loses, the
    sampler takes."""
    shown: Unique[str] = []
    """Filters of the first seed alone: shown beside the others, and nothing is decided by them."""
    keep: PositiveInt | None = None
    """Samples each filter keeps for the next generation."""
    thresholds: dict[str, float] = {}
    """Per detector, the score above which its filter keeps nothing."""

    @model_validator(mode="after")
    def _complete(self, info: ValidationInfo) -> "Recursion":
        if REFITTED in self.filters:
            raise ValueError(f"filters: {REFITTED!r} is no filter; allowed: `{REFITTED}: true`")
        for key in ("filters", "shown"):
            for name in getattr(self, key):
                require_known("filter", name, info, f"{key}: ")
        if both := set(self.filters) & set(self.shown):
            raise ValueError(f"shown: {min(both)!r} is among filters; allowed: in one of the two")
        for name in self.thresholds:
            require_known("detector", name, info, "thresholds: ")
        if self.generations and (not self.lines or self.keep is None):
            raise ValueError(f"{self.generations} generations need `filters` and `keep`")
        return self

    @property
    def lines(self) -> list[str]:
        """All lines of generations: those of the filters, then the control without a network."""
        return [*self.filters, *([REFITTED] if self.refitted else [])]
