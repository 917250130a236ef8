"""Trials of the rule that one bridge is thinner than others: points on a line with a gap."""

from collections.abc import Callable, Mapping

import numpy as np

from mirage.datasets import mixtures
from mirage.metrics import directions, magnitude, mirrors, rules
from mirage.metrics.claims_audit import CONTROL, EFFECT, Trial
from mirage.metrics.controls import blurred, heavy_tailed
from mirage.metrics.endpoint import QUARTER, between_neighbours, label
from mirage.metrics.existence import more_than_chance, more_than_floor, more_than_mirror
from mirage.metrics.point_trials import RADIUS, SEEDS, WANTED, WIDTHS, Draw
from mirage.metrics.segments import log_ratio
from mirage.metrics.verdicts import ALPHA, Evidence, all_of
from mirage.metrics.widening import segment_floors
from mirage.metrics.width import of_blur

NAME, GAP, SHORT = "thinner", 1, (0, 2)
POINTS, SHARE, SPREAD = 2_000, 0.1, 0.2
"""Points of a seed, the share of them that bridges, and the standard deviation of the logarithm
of a segment's share from seed to seed."""
LINE = mixtures.line([1, 2, 4, 5])
NEAR = between_neighbours(LINE)


def trials() -> list[Trial]:
    """All trials of the rule."""
    even, widened, blur, tails = rules.RULES[NAME].controls
    draws: Mapping[str, Callable[[int], Draw]] = {
        even: lambda models: bridged(models, 1.0),
        widened: lambda models: bridged(models, 1.0, width=2.0),
        blur: lambda models: lambda n, rng: blurred(LINE, n, 2.0, rng),
        tails: lambda models: lambda n, rng: heavy_tailed(LINE, n, 2, rng),
        rules.RULES[NAME].effects[0]: lambda models: bridged(models, 1 / 3),
    }

    def trial(scenario: str, draw: Callable[[int], Draw]) -> Trial:
        kind = CONTROL if scenario in rules.RULES[NAME].controls else EFFECT
        floors = np.log([segment_floors(LINE, RADIUS, width) for width in WIDTHS])  # [widths, S]

        def judge(rng: np.random.Generator, k: int) -> Mapping[str, Evidence]:
            models = SEEDS * k
            return {NAME: _judge(draw(models)(models * POINTS, rng), models, floors)}

        return Trial(scenario, kind, (NAME,), judge, "line", one_in=2)

    return [trial(scenario, draw) for scenario, draw in draws.items()]


def bridged(models: int, gap: float, width: float = 1.0) -> Draw:
    """Draws of models, one after the other, that bridge every segment evenly along its middle half.

    Args:
        models: each with shares of its own.
        gap: samples a length in the gap, over those on the other segments.
        width: of the modes.
    """

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        weights = NEAR.lengths * np.where(np.arange(len(NEAR.lengths)) == GAP, gap, 1.0)
        spread = np.exp(SPREAD * rng.standard_normal((models, len(weights))))
        ends = np.cumsum(SHARE * weights / weights.sum() * spread, 1)  # [models, S]
        points, which = blurred(LINE, n, width, rng), np.arange(n) // (n // models)
        segment = (rng.random((n, 1)) >= ends[which]).sum(1)
        on = np.flatnonzero(segment < len(weights))
        first, second = LINE.means[NEAR.ends[segment[on]].T]
        points[on] = first + rng.uniform(QUARTER, 1 - QUARTER, (len(on), 1)) * (second - first)
        return points

    return draw


def _judge(points: np.ndarray, models: int, log_floors: np.ndarray) -> Evidence:
    """Evidence of the points of some models, of which five are the seeds of one."""
    seeds, n = (models // SEEDS, SEEDS), len(points) // models
    labels = label(points, LINE, RADIUS)
    bridge = (labels["endpoint"] == "bridge").to_numpy()
    of = np.arange(len(points)) // n
    place = labels["segment"].to_numpy() * models + of
    hits = np.bincount(place[bridge], minlength=models * len(NEAR.lengths))
    hits = hits.reshape(-1, *seeds)
    width = of_blur(labels, LINE, models).max(-1).reshape(seeds)  # of the widest mode
    at = -(width**-2), -(WIDTHS**-2.0)  # in which the logarithm of a tail is nearly linear
    floors = n * np.exp([np.interp(*at, of) for of in log_floors.T])
    turned, mirrored = (
        [count.reshape(seeds) for count in look(labels, LINE).counts(models, of)]
        for look in (directions.to_neighbours, mirrors.inwards)
    )
    exist = all_of(
        more_than_floor(hits.sum(0), floors.sum(0), WANTED * SEEDS * n),
        more_than_chance(turned[0], turned[1], turned[2]),
        more_than_mirror(mirrored[0], mirrored[1]),
    )
    ratios = log_ratio(hits, floors, NEAR.lengths, GAP, SHORT)
    seen = np.asarray(exist.holds <= ALPHA)[:, None]
    return magnitude.below(np.where(seen, ratios, np.nan), 0.0)
