"""Trials of the statistics of where bridges are: models with bridges and without.

Samples are points, so that labels, floors and nulls are all part of what is tried.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mirage.datasets import mixtures
from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics import bridging, directions
from mirage.metrics.bridges import pairs
from mirage.metrics.claims_audit import Trial
from mirage.metrics.controls import blurred, heavy_tailed, noisy, planted, scattered, stretched
from mirage.metrics.endpoint import Segments, between_neighbours, label
from mirage.metrics.verdicts import Evidence, fewer_than_random
from mirage.metrics.widening import floors

SEEDS, RADIUS, TURNS, WANTED = 5, 5.0, 99, 1e-3
WIDTHS = np.linspace(0.8, 3.0, 45)

Draw = Callable[[np.random.Generator], np.ndarray]
"""Points of one seed."""


@dataclass(frozen=True)
class Bench:
    """A mixture that models are tried on, with what is the same for all of them."""

    mixture: GaussianMixture

    @cached_property
    def near(self) -> Segments:
        """Between neighbours."""
        return between_neighbours(self.mixture)

    @cached_property
    def _log_floors(self) -> np.ndarray:
        rng = np.random.default_rng(0)
        found = [floors(self.mixture, RADIUS, w, rng, 20_000)["bridge"].value for w in WIDTHS]
        return np.log(np.maximum(found, np.finfo(float).tiny))

    def floor(self, width: float) -> float:
        """Probability of a bridge of widened modes, from that at some widths."""
        # The logarithm of a Gaussian's tail is nearly linear in the inverse square of its width.
        return float(np.exp(np.interp(-(width**-2), -(WIDTHS**-2.0), self._log_floors)))

    def seeds(self, draw: Draw, rng: np.random.Generator) -> list[bridging.Shown]:
        """What each seed of a model shows."""
        return [
            bridging.show(draw(rng), self.mixture, RADIUS, rng, TURNS, self.floor)
            for _ in range(SEEDS)
        ]


def trials() -> list[Trial]:
    """All trials of statistics on bridges."""
    plane, line = Bench(mixtures.rotated()), Bench(mixtures.line([1, 2, 3]))
    return [*_existence(plane, 2_000), *_existence(line, 5_000), *_second(plane), *_distance()]


def _existence(bench: Bench, n: int) -> list[Trial]:
    mixture, dim = bench.mixture, f"{bench.mixture.means.shape[1]}d"
    floor, directed, exist = (f"{name}_{dim}" for name in ("above_floor", "directed", "exist"))

    def trial(scenario: str, effect: bool, draw: Draw, *statistics: str) -> Trial:
        def judge(rng: np.random.Generator) -> Mapping[str, Evidence]:
            seeds = bench.seeds(draw, rng)
            return {
                floor: bridging.above_floor(seeds, WANTED),
                directed: bridging.directed(seeds),
                exist: bridging.exist(seeds, WANTED),
            }

        return Trial(scenario, effect, statistics or (floor, directed, exist), judge)

    def turned(rng: np.random.Generator) -> np.ndarray:
        return scattered(planted(bench.near, n, 0.02, rng), mixture, rng)

    def tails(rng: np.random.Generator) -> np.ndarray:
        return heavy_tailed(mixture, n, 2, rng)

    def everywhere(rng: np.random.Generator) -> np.ndarray:
        return noisy(mixture, n, 0.05, rng)

    def longer(rng: np.random.Generator) -> np.ndarray:
        return stretched(bench.near, n, 2.0, rng)

    plane = [
        # On a line, noise between the modes is nothing else than bridges.
        trial("noise everywhere", False, everywhere, directed, exist),
        # Which has a direction, but is above no floor.
        trial("modes stretched x 2 to their neighbours", False, longer, floor, exist),
    ]
    return [
        *(plane if dim == "2d" else []),
        trial("heavy tails", False, tails, directed, exist),
        trial("perfect sampler", False, lambda rng: blurred(mixture, n, 1.0, rng)),
        trial("truth blurred x 1.5", False, lambda rng: blurred(mixture, n, 1.5, rng)),
        trial("truth blurred x 2", False, lambda rng: blurred(mixture, n, 2.0, rng)),
        # Above any floor, as of all that is no matter of direction: hence the second evidence.
        trial("own distances, random directions", False, turned, directed, exist),
        trial("0.3 % on bridges", True, lambda rng: planted(bench.near, n, 0.003, rng)),
        trial(
            "0.3 % on bridges, modes blurred x 1.5",
            True,
            lambda rng: planted(bench.near, n, 0.003, rng, width=1.5),
        ),
    ]


def _second(bench: Bench) -> list[Trial]:
    """That nothing is interpolated between second neighbours, beside thick bridges."""
    mixture, n, name = bench.mixture, 1_000, "none_along_second"
    far = Segments(mixture, pairs(mixture, shell=1))

    def trial(scenario: str, effect: bool, draw: Draw) -> Trial:
        def judge(rng: np.random.Generator) -> Mapping[str, Evidence]:
            nulls = []
            for _ in range(SEEDS):
                points = draw(rng)
                labels = label(points, mixture, RADIUS)
                nulls.append(directions.second_neighbours(points, labels, mixture, rng, TURNS))
            return {name: fewer_than_random(nulls)}

        return Trial(scenario, effect, (name,), judge)

    def turned(rng: np.random.Generator) -> np.ndarray:
        return scattered(planted(bench.near, n, 0.1, rng), mixture, rng)

    def thick(rng: np.random.Generator) -> np.ndarray:
        return planted(bench.near, n, 0.2, rng, across=2.5)

    def both(rng: np.random.Generator) -> np.ndarray:
        return np.concatenate([thick(rng), planted(far, n, 0.05, rng)])

    def everywhere(rng: np.random.Generator) -> np.ndarray:
        return np.concatenate([planted(bench.near, n, 0.1, rng), noisy(mixture, n, 0.1, rng)])

    return [
        trial("own distances, random directions", False, turned),
        trial("bridges, and noise everywhere", False, everywhere),
        trial("bridges, and a few between second neighbours", False, both),
        trial("thick bridges", True, thick),
    ]


def _distance() -> list[Trial]:
    """That bridges grow rarer with the distance between modes."""
    levels, n, name = (20, 40, 80), 1_500, "fall"
    benches = [Bench(mixtures.grid(std=2 / level)) for level in levels]

    def trial(scenario: str, effect: bool, draw: Callable[..., np.ndarray]) -> Trial:
        """draw: points of one seed, from a bench, its distance, the seed's factor and rng."""

        def judge(rng: np.random.Generator) -> Mapping[str, Evidence]:
            spread: Sequence[float] = np.exp(0.3 * rng.standard_normal(SEEDS))
            seen = [
                [
                    bridging.show(
                        draw(bench, level, factor, rng),
                        bench.mixture,
                        RADIUS,
                        rng,
                        TURNS,
                        bench.floor,
                    )
                    for factor in spread
                ]
                for bench, level in zip(benches, levels, strict=True)
            ]
            return {name: bridging.fall(levels, seen, WANTED)}

        return Trial(scenario, effect, (name,), judge)

    def same(bench: Bench, level: float, factor: float, rng: np.random.Generator) -> np.ndarray:
        return planted(bench.near, n, 0.04 * factor, rng)

    def falling(bench: Bench, level: float, factor: float, rng: np.random.Generator) -> np.ndarray:
        return planted(bench.near, n, 0.04 * factor * 20 / level, rng)

    def turned(bench: Bench, level: float, factor: float, rng: np.random.Generator) -> np.ndarray:
        return scattered(falling(bench, level, factor, rng), bench.mixture, rng)

    def widened(bench: Bench, level: float, factor: float, rng: np.random.Generator) -> np.ndarray:
        return blurred(bench.mixture, n, 2.0, rng)

    return [
        trial("as many at every distance", False, same),
        trial("truth blurred x 2", False, widened),
        trial("fewer with distance, in random directions", False, turned),
        trial("half as many at twice the distance", True, falling),
    ]
