"""The sections of a recipe on samples that are drawn: what is told of them, shown, and kept."""

from typing import Annotated, Literal

from pydantic import (
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


class Handover(Section):
    """Of shapes: at which times the network of generation 0 goes wrong. A perfect model begins
    each walk; the network ends it, or a model that is wrong in nothing but that it draws the
    columns independently, blank pictures too."""

    times: Unique[NonNegativeInt] = Field(min_length=1)
    """From which on they walk, one after the other, beside the whole walk; each is taken at the
    nearest time of the walk that is not above it."""
    samples: PositiveInt
    """Pictures drawn in each walk."""


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
