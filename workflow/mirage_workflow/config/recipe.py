"""The sections of a recipe by which samples come about, each checked by itself."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from mirage_workflow.config.section import Section

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
