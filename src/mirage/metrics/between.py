"""Whether a group of pictures lies between two others, in all of a network's features.

In a plane of components or of t-SNE a group may come to lie between two others by the drawing
alone. Here the line that joins the two ends' means is taken in the full space. Two kinds of group
have their mean at its middle without mixing features: one whose members are each at one
end or the other, and one that has the features of both ends at once. The first is told by the
single pictures: are more of them in the middle half than of either end's own? The second by the
distance off the line, over that of pictures without the feature that differs: if features
add up, both at once are as far off, the other way; it must be clearly nearer.

Where a mean is estimated from n pictures, a squared distance to it is too long by the trace of
their covariance over n, which is taken off; and no picture is placed by a mean that it is part of.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from mirage.metrics.rows import rate

LEAST = 8
"""Pictures of each group with fewer of which nothing is said."""
MIDDLE = (0.25, 0.75)
NEAR = 1 / 3
"""Distance off the line, over that of pictures without the feature, that a mean must be within.

Both features at once, but scaled to the norm of one, are sqrt(2) - 1 off; and pictures without may
differ in something else besides, which takes them farther off.
"""
RESAMPLES = 1_000
SOURCES = ("real", "generated")
"""Whose pictures the ends may be."""
POSITION, SHARE, OFF_LINE = "position", "middle_share", "off_line"
COLUMNS = ["metric", "value", "low", "high", "floor", "n", "p"]

Vectors = Mapping[str, np.ndarray]
"""Activations by group: float64 [n, size]."""


@dataclass(frozen=True)
class Line:
    """Names of groups: the two ends, what may lie between, and what has neither's feature."""

    start: str
    end: str
    between: str
    without: str

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.start, self.end, self.between, self.without)

    def has_ends(self, groups: Vectors) -> bool:
        return all(len(groups.get(name, ())) >= LEAST for name in (self.start, self.end))

    def has_all(self, groups: Vectors) -> bool:
        return all(len(groups.get(name, ())) >= LEAST for name in self.groups)


def place(groups: Vectors, line: Line) -> dict[str, np.ndarray]:
    """Where each picture lies along the line: about 0 at its start and 1 at its end.

    Returns:
        For each group a number a picture, without bounds: [n]. NaN where an end has too few.
    """
    if not line.has_ends(groups):
        return {name: np.full(len(vectors), np.nan) for name, vectors in groups.items()}
    start, end = groups[line.start], groups[line.end]
    gap = start.mean(0) - end.mean(0)
    length = gap @ gap - _noise(start) - _noise(end)
    places = {}
    for name, x in groups.items():
        one, two = (_means_without(x, own, name == whose) for own, whose in _ends(groups, line))
        along = (x * (two[0] - one[0])).sum(1)
        squares = ((two[0] ** 2).sum(1) - two[1]) - ((one[0] ** 2).sum(1) - one[1])
        places[name] = 0.5 + (along - squares / 2) / length
    return places


def measure(groups: Vectors, line: Line, rng: np.random.Generator) -> pd.DataFrame:
    """What is said of the group between.

    Args:
        groups: of the line's four; left out where there are none.
        rng: draws the bootstrap over pictures.

    Returns:
        COLUMNS, with the rows `position`, its mean along the line; `middle_share`, the share of its
        pictures in the middle half of the line, over the larger of the ends' own (p by Fisher's
        exact test that it is no more than either); `off_line`, the distance of its mean from the
        line over that of pictures without (p by the bootstrap that it is no less than NEAR). NaN
        where a group has too few.
    """
    count = len(groups.get(line.between, ()))
    if not line.has_all(groups):
        rows = [{"metric": name, "n": count} for name in (POSITION, SHARE, OFF_LINE)]
        return pd.DataFrame(rows, columns=COLUMNS)
    groups = {name: np.asarray(groups[name], np.float64) for name in line.groups}
    noise = {name: _noise(vectors) for name, vectors in groups.items()}
    means = {name: vectors.mean(0) for name, vectors in groups.items()}
    position, off_line = (float(number) for number in _geometry(means, noise, line))
    # The mean of a resample is off by the mean's own noise, and by as much again.
    drawn = {name: _resampled_means(vectors, rng) for name, vectors in groups.items()}
    positions, distances = _geometry(drawn, {name: 2 * noise[name] for name in noise}, line)
    p = (1 + (distances >= NEAR).sum()) / (1 + RESAMPLES)
    rows = [
        {"metric": POSITION, "value": position, **_interval(positions), "n": count},
        {"metric": SHARE, **_middle_share(place(groups, line), line)},
        {"metric": OFF_LINE, "value": off_line, **_interval(distances), "n": count, "p": p},
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def of_sources(
    table: pd.DataFrame, activations: np.ndarray, line: Line, rng: np.random.Generator
) -> tuple[pd.Series, pd.DataFrame]:
    """The places of pictures, and what is measured, with each source's own ends.

    Args:
        table: columns `source` (`real` or `generated`) and `group`; what may lie between is
            generated.
        activations: of its pictures: [n, size].
        line: its groups.
        rng: draws the bootstrap.

    Returns:
        Where each picture lies, on the line of its own source; and the rows of `measure` with
        `source`, whose pictures the ends and those without are.
    """
    places, parts = pd.Series(np.nan, table.index), []
    between = (table["source"] == "generated") & (table["group"] == line.between)
    for source in SOURCES:
        chosen = (table["source"] == source) | between
        rows = {name: np.flatnonzero(chosen & (table["group"] == name)) for name in line.groups}
        groups = {name: activations[at].astype(np.float64) for name, at in rows.items()}
        for name, at in place(groups, line).items():
            places.iloc[rows[name]] = at
        parts.append(measure(groups, line, rng).assign(source=source))
    return places, pd.concat(parts, ignore_index=True)


def lies_between(measured: pd.DataFrame, alpha: float = 0.05 / len(SOURCES)) -> bool:
    """Whether more of the group are in the middle, and their mean is nearer to the line.

    measured: of the ends of one source, each of which may say so: alpha is shared among them.
    """
    p = measured.set_index("metric")["p"]
    return bool(p[SHARE] <= alpha and p[OFF_LINE] <= alpha)


def _middle_share(places: Vectors, line: Line) -> dict[str, float]:
    """The share of the group in the middle half of the line, against those of the ends' own."""
    counts = {
        name: (int(((places[name] > MIDDLE[0]) & (places[name] < MIDDLE[1])).sum()), len(at))
        for name, at in places.items()
    }
    inside, n = counts[line.between]
    tests = [
        fisher_exact([[inside, n - inside], [own, m - own]], alternative="greater").pvalue
        for own, m in (counts[line.start], counts[line.end])
    ]
    floor = max(own / m for own, m in (counts[line.start], counts[line.end]))
    row = rate(SHARE, inside, n, floor=floor)
    named = {name: getattr(row, name) for name in ("value", "low", "high", "floor", "n")}
    return named | {"p": max(tests)}


def _geometry(
    means: Vectors, noise: Mapping[str, float], line: Line
) -> tuple[np.ndarray, np.ndarray]:
    """Position of the mean of the group between, and its distance from the line.

    Args:
        means: of each group: [..., size].
        noise: what is too much in the square of each: [].

    Returns:
        Two arrays [...]; the distance is infinite where the ends cannot be told apart.
    """
    start, end = means[line.start], means[line.end]
    along, off, at = end - start, {}, {}
    length = (along**2).sum(-1) - noise[line.start] - noise[line.end]
    for name in (line.between, line.without):
        here = ((means[name] - start) * along).sum(-1) - noise[line.start]
        at[name] = here / length
        away = means[name] - start - at[name][..., None] * along
        ends = (1 - at[name]) ** 2 * noise[line.start] + at[name] ** 2 * noise[line.end]
        off[name] = (away**2).sum(-1) - noise[name] - ends
    known = (length > 0) & (off[line.without] > 0)
    ratio = np.clip(off[line.between], 0, None) / np.where(known, off[line.without], 1)
    return at[line.between], np.where(known, np.sqrt(ratio), np.inf)


def _ends(groups: Vectors, line: Line) -> list[tuple[np.ndarray, str]]:
    return [(groups[name], name) for name in (line.start, line.end)]


def _means_without(
    x: np.ndarray, end: np.ndarray, itself: bool
) -> tuple[np.ndarray, np.ndarray | float]:
    """The mean of an end for each picture, without it where it is part of it; with its noise."""
    n = len(end)
    if not itself:
        return np.broadcast_to(end.mean(0), x.shape), _noise(end)
    return (end.sum(0) - x) / (n - 1), _noise(end) * n / (n - 1)


def _noise(vectors: np.ndarray) -> float:
    """By how much the square of a mean is too large: the trace of its covariance."""
    return float(vectors.var(0, ddof=1).sum() / len(vectors))


def _resampled_means(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Means of the bootstrap: [RESAMPLES, size]."""
    n = len(vectors)
    return rng.multinomial(n, np.full(n, 1 / n), RESAMPLES) / n @ vectors


def _interval(drawn: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
    return {"low": float(low), "high": float(high)}
