"""Trials of the rules on where bridges are: models with bridges and without.

Samples are points, so that labels, widths, floors and directions are all part of what is tried.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mirage.datasets import mixtures
from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics import directions, mirrors, rules
from mirage.metrics.bridges import pairs
from mirage.metrics.claims_audit import CONTROL, EFFECT, Trial
from mirage.metrics.controls import (
    blurred,
    crossed,
    heavy_tailed,
    noisy,
    planted,
    scattered,
    stretched,
)
from mirage.metrics.copies import repeated
from mirage.metrics.endpoint import QUARTER, Segments, between_neighbours, label
from mirage.metrics.existence import (
    fewer_than_chance,
    more_than_chance,
    more_than_floor,
    more_than_mirror,
)
from mirage.metrics.verdicts import Evidence, all_of
from mirage.metrics.widening import mode_floors
from mirage.metrics.width import of_blur

SEEDS, RADIUS, WANTED = 5, 5.0, 1e-3
WIDTHS = np.linspace(0.8, 4.0, 33)

ALL = ("more_than_floor", "more_than_chance", "more_than_mirror", "exist")
DIRECTED = ALL[1:]

Draw = Callable[[int, np.random.Generator], np.ndarray]
"""So many points of a model: [n, d]."""


@dataclass(frozen=True)
class Bench:
    """A mixture that models are tried on, with what is the same for all of them."""

    data: str
    mixture: GaussianMixture
    n: int
    """Points of a seed."""
    one_in: int = 1
    """Repetitions that are made."""

    @cached_property
    def near(self) -> Segments:
        """Between neighbours."""
        return between_neighbours(self.mixture)

    @cached_property
    def _log_floors(self) -> np.ndarray:
        found = [mode_floors(self.mixture, RADIUS, width, 2_000)["bridge"] for width in WIDTHS]
        return np.log(np.maximum(found, np.finfo(float).tiny)).T

    def floor(self, widths: np.ndarray) -> np.ndarray:
        """Probability of a bridge where modes are so wide, [..., K], from that at some widths."""
        # The logarithm of a Gaussian's tail is nearly linear in the inverse square of its width.
        by_mode = [
            np.interp(-(width**-2), -(WIDTHS**-2.0), of)
            for width, of in zip(np.moveaxis(widths, -1, 0), self._log_floors, strict=True)
        ]
        return np.tensordot(np.exp(self.mixture.log_weights), np.exp(by_mode), 1)

    def judge(self, draw: Draw, repetitions: int, rng: np.random.Generator) -> dict[str, Evidence]:
        """Evidence that a model's seeds, drawn so often, give of bridges."""
        models = SEEDS * repetitions
        labels = label(draw(models * self.n, rng), self.mixture, RADIUS)
        seeds = (repetitions, SEEDS)
        seeds = (repetitions, SEEDS)
        width = of_blur(labels, self.mixture, models).reshape(*seeds, -1)
        far, of = distinct_far(labels, self.near, models)
        hits = np.bincount(of, far["endpoint"] == "bridge", models).reshape(seeds)
        floor = more_than_floor(hits, self.n * self.floor(width), WANTED * SEEDS * self.n)
        turned, mirrored = (
            [count.reshape(seeds) for count in look(far, self.mixture).counts(models, of)]
            for look in (directions.to_neighbours, mirrors.inwards)
        )
        chance = more_than_chance(turned[0], turned[1], turned[2])
        mirror = more_than_mirror(mirrored[0], mirrored[1])
        return {
            "more_than_floor": floor,
            "more_than_chance": chance,
            "more_than_mirror": mirror,
            "exist": all_of(floor, chance, mirror),
        }

    def trial(self, scenario: str, kind: str, draw: Draw, *judged: str) -> Trial:
        """A trial of the rules that judge bridges, or of some of them."""
        names = judged or ALL
        return Trial(
            scenario, kind, names, lambda rng, k: self.judge(draw, k, rng), self.data, self.one_in
        )


def distinct_far(
    labels: pd.DataFrame, near: Segments, models: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Points that may be bridges, each once, and which of the models each is of."""
    rows = np.flatnonzero(labels["distance"] >= QUARTER * near.lengths.min())
    far, of = labels.iloc[rows], rows // (len(labels) // models)
    kept = ~repeated(far, of)
    return far[kept].reset_index(drop=True), of[kept]


def trials() -> list[Trial]:
    """All trials on points of a mixture."""
    plane = Bench("plane", mixtures.rotated(), 500, 2)
    line = Bench("line", mixtures.line([1, 2, 3]), 500)
    return [*_existence(plane), *_only_in_the_plane(plane), *_existence(line), *_second(plane)]


def _existence(bench: Bench) -> list[Trial]:
    """That there are bridges, in either dimension."""
    mixture, near, (once, widened) = bench.mixture, bench.near, rules.BRIDGES

    def turned(n: int, rng: np.random.Generator, share: float = 0.1) -> np.ndarray:
        return scattered(planted(near, n, share, rng), mixture, rng)

    def copied(n: int, rng: np.random.Generator) -> np.ndarray:
        return np.repeat(turned(n // 25, rng, 0.5), 25, 0)

    return [
        bench.trial(rules.PERFECT, CONTROL, lambda n, rng: blurred(mixture, n, 1.0, rng)),
        bench.trial(rules.BLURS[0], CONTROL, lambda n, rng: blurred(mixture, n, 1.5, rng)),
        bench.trial(rules.BLURS[1], CONTROL, lambda n, rng: blurred(mixture, n, 2.0, rng)),
        # Above any floor, as of all that is no matter of direction: hence the second evidence.
        bench.trial(
            rules.TAILS, CONTROL, lambda n, rng: heavy_tailed(mixture, n, 2, rng), *DIRECTED
        ),
        bench.trial(rules.TURNED, CONTROL, turned, *DIRECTED),
        bench.trial(rules.COPIES, CONTROL, copied, *DIRECTED),
        bench.trial(once, EFFECT, lambda n, rng: planted(near, n, 0.05, rng)),
        bench.trial(widened, EFFECT, lambda n, rng: planted(near, n, 0.05, rng, width=1.5)),
    ]


def _only_in_the_plane(bench: Bench) -> list[Trial]:
    """On a line, noise between modes and what is stretched towards them are nothing else."""
    mixture, near = bench.mixture, bench.near
    axes = float(near.bearings[0])

    def laplace(n: int, rng: np.random.Generator) -> np.ndarray:
        return crossed(mixture, n, lambda size: rng.laplace(scale=2, size=size), rng, axes)

    def student(n: int, rng: np.random.Generator, angles: float | np.ndarray = axes) -> np.ndarray:
        return crossed(mixture, n, lambda size: 2 * rng.standard_t(3, size), rng, angles)

    def any_axes(n: int, rng: np.random.Generator) -> np.ndarray:
        return student(n, rng, rng.uniform(0, np.pi / 2, len(mixture.means)))

    def both(n: int, rng: np.random.Generator) -> np.ndarray:
        return _mixed(laplace(n, rng), noisy(mixture, n, 0.1, rng), 1 / 2, rng)

    beyond = "more_than_mirror", "exist"  # they have a direction, and more than wider modes
    return [
        bench.trial(rules.LAPLACE, CONTROL, laplace, *beyond),
        bench.trial(rules.STUDENT, CONTROL, student, *beyond),
        bench.trial(rules.ANY_AXES, CONTROL, any_axes, *beyond),
        bench.trial(rules.AXES_AND_NOISE, CONTROL, both, *beyond),
        bench.trial(rules.NOISE, CONTROL, lambda n, rng: noisy(mixture, n, 0.05, rng), *DIRECTED),
        # Which has a direction, but is above no floor, and has an image.
        bench.trial(
            rules.STRETCHED,
            CONTROL,
            lambda n, rng: stretched(near, n, 2.0, rng),
            "more_than_floor",
            "more_than_mirror",
            "exist",
        ),
        bench.trial(
            rules.ONE_STRETCHED,
            CONTROL,
            lambda n, rng: stretched(near, n, 3.0, rng, alone=True),
            "more_than_floor",
            "exist",
        ),
    ]


def _second(bench: Bench) -> list[Trial]:
    """That nothing is interpolated between second neighbours, beside thick bridges."""
    mixture, near, name = bench.mixture, bench.near, "fewer_than_chance"
    far = Segments(mixture, pairs(mixture, shell=1))

    def trial(scenario: str, kind: str, each: int, draw: Draw) -> Trial:
        """each: points of a seed."""

        def judge(rng: np.random.Generator, repetitions: int) -> Mapping[str, Evidence]:
            models = SEEDS * repetitions
            labels = label(draw(models * each, rng), mixture, RADIUS)
            looks = directions.to_second_neighbours(labels, mixture).counts(
                models, np.arange(len(labels)) // each
            )
            return {name: fewer_than_chance(*(count.reshape(-1, SEEDS) for count in looks))}

        return Trial(scenario, kind, (name,), judge, bench.data, bench.one_in)

    def turned(n: int, rng: np.random.Generator) -> np.ndarray:
        return scattered(planted(near, n, 0.3, rng), mixture, rng)

    def thick(n: int, rng: np.random.Generator) -> np.ndarray:
        return planted(near, n, 0.6, rng, across=2.5)

    def both(n: int, rng: np.random.Generator) -> np.ndarray:
        return _mixed(thick(n, rng), planted(far, n, 0.15, rng), 1 / 3, rng)

    def everywhere(n: int, rng: np.random.Generator) -> np.ndarray:
        return _mixed(planted(near, n, 0.3, rng), noisy(mixture, n, 0.3, rng), 1 / 2, rng)

    around, few = rules.RULES[name].controls[1:3]
    return [
        trial(rules.TURNED, CONTROL, 100, turned),
        trial(around, CONTROL, 200, everywhere),
        trial(few, CONTROL, 130, both),
        trial(rules.RULES[name].effects[0], EFFECT, 200, thick),
    ]


def _mixed(
    points: np.ndarray, others: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """The points, of which a share is replaced by the others."""
    return np.where(rng.random((len(points), 1)) < share, others, points)
