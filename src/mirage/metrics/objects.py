"""Whether a score tells a wrong combination of shapes by more than the number of its objects.

A duplicate has one object more than it should, and more that moves: a score may do no more than
count. Two questions tell. Does it add to the number of objects: of two nested logistic models,
which know the number alone, and the score too, which tells better on pictures that neither was
fitted to? And among pictures with equally many objects, does it tell at all, and better than their
brightness does? There a duplicate fills a column less than a valid picture, and less of it moves;
so it is also held against valid pictures of as many kinds of shapes, which have an object less.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mirage.datasets.shapes import SHAPES
from mirage.detectors import Score
from mirage.metrics import transfer
from mirage.metrics.detection import SENSITIVITY, Ranking, finite
from mirage.metrics.rows import Row, estimate
from mirage.rng import numpy_rng

LEAST = 100
"""Wrong pictures with equally many objects, or valid ones, below which they are too few."""
FOLDS = 10
"""Parts of the pictures, each told by models that are fitted to the others."""
SHUFFLES = 5
"""Times that scores are shuffled among pictures with equally many objects: the floor."""
RIDGE = 1e-3
"""Keeps weights finite where the two kinds can be told without an error."""
STILL = 1e-9
"""Spread of a score's logarithm at an equal number of objects that is rounding, and no more."""
ITERATIONS = 12
"""Of Newton's method, which is there by then."""

Stratum = tuple[int, np.ndarray]
"""A number of objects (or of kinds), and which pictures have it: bool [n]."""
Told = tuple[float, float, int]
"""A number, its error, and of how many wrong pictures."""


def measure(pictures: pd.DataFrame, every: Sequence[Score]) -> list[Row]:
    """What each score tells beyond the number of objects.

    Args:
        pictures: valid ones and those of wrong combinations, with `sample`, `label`, the counts
            of the counter, `brightness` and the scores' columns.
        every: the detectors' scores over each window.
    """
    counted = pictures.assign(objects=count(pictures))
    wrong, objects = (counted["label"] != "valid").to_numpy(), counted["objects"].to_numpy()
    rows = [_row("objects_auroc", wrong, objects.astype(float))]
    strata, sample = enough(wrong, objects), counted["sample"].to_numpy()
    bright = _within(sample, wrong, either_way(wrong, counted["brightness"], strata), strata)
    rows += [_told("brightness_auroc", bright[0]), _told("brightness_kept", bright[1])]
    rows.append(_gain("brightness_gain", wrong, objects, finite(counted["brightness"]), {}))
    alike = enough(wrong, kinds(pictures))
    for score in every:
        at, values = score._asdict(), finite(counted[score.column])
        rows.append(_gain("objects_gain", wrong, objects, values, at))
        areas, shares = _within(sample, wrong, values, strata)
        rows += [
            _told("within_auroc", areas, **at),
            _over("within_auroc_over_brightness", areas, bright[0], at),
            _told("within_kept", shares, **at),
            _over("within_kept_over_brightness", shares, bright[1], at),
        ]
        rows.append(_told("kinds_auroc", auroc(wrong, values, alike), **at))
        rows += _by_number(wrong, objects, values, at)
    return rows


def count(pictures: pd.DataFrame) -> pd.Series:
    """The objects of each picture, shapes or not: int16 [n]."""
    return pictures[[*(f"{shape}s" for shape in SHAPES), "unknown"]].sum(axis=1).astype("int16")


def kinds(pictures: pd.DataFrame) -> np.ndarray:
    """How many different shapes each picture shows: int [n]."""
    return (pictures[[f"{shape}s" for shape in SHAPES]] > 0).sum(axis=1).to_numpy()


def enough(wrong: np.ndarray, objects: np.ndarray) -> list[Stratum]:
    """The numbers of objects (or kinds) of enough wrong pictures and as many valid."""
    strata = [(int(k), objects == k) for k in np.unique(objects)]
    return [(k, has) for k, has in strata if _rarer(wrong, has) >= LEAST]


def _rarer(wrong: np.ndarray, has: np.ndarray) -> int:
    """Pictures of the rarer kind among some."""
    return int(min((wrong & has).sum(), (~wrong & has).sum()))


def either_way(wrong: np.ndarray, score: ArrayLike, strata: Sequence[Stratum]) -> np.ndarray:
    """A score, turned round within each number where wrong pictures have less of it: [n].

    Of brightness no side is the suspicious one, and any score beats one that points the wrong way.
    """
    turned = np.array(score, np.float64)
    for _, has in strata:
        if _area(wrong[has], turned[has])[0] < 0.5:
            turned[has] *= -1
    return turned


# --- does it add to the number of objects ---------------------------------------------------------


def gains(wrong: np.ndarray, objects: np.ndarray, score: np.ndarray) -> np.ndarray:
    """How much better each picture is told with the score than without: nats [n].

    The logarithm of the probability that a model gives to what the picture is, the model of
    objects and score less that of objects alone, both logistic and fitted to other pictures.

    Args:
        wrong: bool [n].
        objects: int [n]; each number has a weight of its own.
        score: [n]; its logarithm is used, less the mean at an equal number of objects: what the
            number says of it is known already, and would only ease the ridge.
    """
    smallest = score[score > 0].min(initial=np.inf)
    values = np.log(np.maximum(score, smallest if np.isfinite(smallest) else 1.0))
    number = (objects[:, None] == np.unique(objects)).astype(float)
    values = values - number @ (number.T @ values / number.sum(0))
    spread = values.std()
    if spread <= STILL:
        return np.zeros(len(wrong))
    both = np.column_stack([number, values / spread])
    return _held_out(both, wrong) - _held_out(number, wrong)


def _held_out(features: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Log probability of each picture's kind by the model of the other folds: [n]."""
    fold = np.arange(len(wrong)) % FOLDS
    told = np.empty(len(wrong))
    for own in range(FOLDS):
        weights = logistic(features[fold != own], wrong[fold != own])
        odds = features[fold == own] @ weights
        told[fold == own] = -np.logaddexp(0, np.where(wrong[fold == own], -odds, odds))
    return told


def logistic(features: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression without a constant, by Newton's method: [d].

    features: [n, d]; wrong: bool [n].
    """
    weights = np.zeros(features.shape[1])
    for _ in range(ITERATIONS):
        p = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (wrong - p) - RIDGE * weights
        curve = (features * (p * (1 - p))[:, None]).T @ features
        curve[np.diag_indices_from(curve)] += RIDGE
        weights = weights + np.clip(np.linalg.solve(curve, slope), -5, 5)
    return weights


def shuffled(objects: np.ndarray, score: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The scores, shuffled among pictures with equally many objects: [n]."""
    order, mixed = np.argsort(objects, kind="stable"), np.lexsort((rng.random(len(score)), objects))
    out = np.empty_like(score)
    out[order] = score[mixed]
    return out


def _gain(metric: str, wrong: np.ndarray, objects: np.ndarray, score: np.ndarray, at: dict) -> Row:
    """Mean over pictures, normal interval; the floor is that of shuffled scores."""
    n, rare = len(wrong), min(wrong.sum(), (~wrong).sum())
    if rare < LEAST:
        return Row(metric, math.nan, n, **at)
    each, rng = gains(wrong, objects, score), numpy_rng(0, "measure")
    floor = [gains(wrong, objects, shuffled(objects, score, rng)).mean() for _ in range(SHUFFLES)]
    reach = 1.96 * each.std() / math.sqrt(n)
    mean = float(each.mean())
    return Row(metric, mean, n, mean - reach, mean + reach, float(np.mean(floor)), **at)


# --- within equal numbers of objects --------------------------------------------------------------


def _within(
    sample: np.ndarray, wrong: np.ndarray, score: np.ndarray, strata: Sequence[Stratum]
) -> tuple[Told, Told]:
    """`auroc` and `kept`."""
    return auroc(wrong, score, strata), kept(sample, wrong, score, strata)


def _over(metric: str, found: Told, bright: Told, at: dict) -> Row:
    """What a score tells more than brightness."""
    return Row(metric, found[0] - bright[0], found[2], **at)


def auroc(wrong: np.ndarray, score: np.ndarray, strata: Sequence[Stratum]) -> Told:
    """AUROC within each stratum, mean over wrong pictures; its error; wrong pictures."""
    parts = [(int((wrong & has).sum()), *_area(wrong[has], score[has])) for _, has in strata]
    total = sum(hits for hits, _, _ in parts)
    if not total:
        return math.nan, math.nan, 0
    mean = sum(hits * area for hits, area, _ in parts) / total
    error = math.sqrt(sum((hits * error) ** 2 for hits, _, error in parts)) / total
    return mean, error, total


def kept(
    sample: np.ndarray, wrong: np.ndarray, score: np.ndarray, strata: Sequence[Stratum]
) -> Told:
    """Share of valid pictures kept where 95 % of the wrong are found, within each number.

    The thresholds, one for each number, are found on the samples of even number, the share on the
    others. The error is of both: what other thresholds would keep counts.
    """
    even, parts = (sample % 2 == transfer.CALIBRATION), []
    for _, has in strata:
        threshold = transfer.finding(score[has & wrong & even], SENSITIVITY)
        judged = score[has & ~wrong & ~even]
        if np.isfinite(threshold) and len(judged):
            share = float((judged < threshold).mean())
            own = math.sqrt(share * (1 - share) / len(judged))
            error = math.hypot(own, _sway(score[has & wrong & even], judged))
            parts.append((int((wrong & has).sum()), share, error))
    total = sum(hits for hits, _, _ in parts)
    if not total:
        return math.nan, math.nan, 0
    mean = sum(hits * share for hits, share, _ in parts) / total
    return mean, math.sqrt(sum((hits * error) ** 2 for hits, _, error in parts)) / total, total


def _sway(hits: np.ndarray, judged: np.ndarray) -> float:
    """Error of the share kept due to the threshold: what one standard error of its rank moves."""
    missed = 1 - SENSITIVITY
    reach = math.ceil(math.sqrt(len(hits) * missed * SENSITIVITY))
    at = int(missed * (len(hits) + 1) + 1e-9) - 1
    ordered = np.sort(hits)
    low, middle, high = (
        float((judged < ordered[max(rank, 0)]).mean()) for rank in (at - reach, at, at + reach)
    )
    return max(middle - low, high - middle)


def _by_number(wrong: np.ndarray, objects: np.ndarray, score: np.ndarray, at: dict) -> list[Row]:
    """AUROC of each number of objects that wrong pictures have, NaN where they are too few."""
    rows = []
    for number in np.unique(objects[wrong]):
        has = objects == number
        found = at | {"objects": int(number)}
        if _rarer(wrong, has) < LEAST:
            rows.append(Row("stratum_auroc", math.nan, int((wrong & has).sum()), **found))
        else:
            area = _area(wrong[has], score[has])
            rows.append(
                estimate("stratum_auroc", *area, int((wrong & has).sum()), largest=1.0, **found)
            )
    return rows


def _area(wrong: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """AUROC and its error (DeLong et al. 1988)."""
    ranking = Ranking(score[wrong])
    ranking.add(score[~wrong])
    return ranking.auroc()


def _row(metric: str, wrong: np.ndarray, score: np.ndarray) -> Row:
    if wrong.all() or not wrong.any():
        return Row(metric, math.nan, len(wrong))
    return estimate(metric, *_area(wrong, score), len(wrong), largest=1.0)


def _told(metric: str, found: tuple[float, float, int], **at) -> Row:
    """A number of [0, 1] with its error, of so many wrong pictures; NaN where they are too few."""
    value, error, hits = found
    return estimate(metric, value, error, hits, largest=1.0, **at)
