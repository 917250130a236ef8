"""Figure: how the predicted clean sample moves over the last reverse steps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirage import frames
from mirage.detectors import objects
from mirage.figures import style
from mirage.figures.gallery import show
from mirage.figures.samples import draw_modes, frame

LAST = {1: 100, 2: 50}
"""Times below which paths are shown, by coordinates: above, x0_hat is far from any mode."""

PATHS = {1: 60, 2: 10}
"""Paths drawn in a panel, by coordinates: more would cover each other."""

STRIPS, FRAMES = 3, 7
"""Film strips of each kind, and pictures in a strip before the last."""

CALM = ("valid", "lowest")
"""Labels of the paths that no detector should suspect."""


@style.theme()
def draw(
    trajectories: pd.DataFrame,
    shape: Sequence[int],
    modes: pd.DataFrame | None = None,
    last: int | None = None,
    radius: float = 5.0,
    window: tuple[int, int] | None = None,
) -> Figure:
    """Predicted clean sample x0_hat over the last reverse steps, hallucinated against valid.

    Args:
        trajectories: `sample`, `label`, `t`, and the samples of x_t and x0_hat, row by row.
        shape: of one sample: points of 1 or 2 coordinates, or pictures.
        modes: table MODES; needed for points.
        last: times t < last are shown; by default 100 on a line, 50 in the plane, and
            for pictures all that were kept.
        radius: of the support, in standard deviations: of the circles about 2D modes.
        window: first and last of the steps before the end that film strips show; all for None.
    """
    if len(shape) == 1 and last is None:
        last = LAST[shape[0]]
    paths = trajectories if last is None else trajectories[trajectories["t"] < last]
    paths = paths.sort_values(["sample", "t"])
    if len(shape) == 3:
        return _strips(paths, shape, window)
    if shape[0] == 1:
        return _lines(paths, modes, radius)
    return _planes(paths, modes, radius)


def _lines(trajectories: pd.DataFrame, modes: pd.DataFrame, radius: float) -> Figure:
    figure = style.figure(style.PAGE, 2.6)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, (title, paths) in zip(panels, _classes(trajectories, PATHS[1]), strict=True):
        for mean in modes["mean"]:
            axes.axhline(mean, color=style.QUIET, linewidth=0.6, linestyle="--", zorder=1)
        for _, path in paths.groupby("sample"):
            colour = style.LABEL_COLOURS[path["label"].iloc[0]]
            axes.plot(path["t"], path["x0_hat0"], color=colour, linewidth=0.6, alpha=0.7)
        axes.set(title=title, xlabel="Reverse time $t$ (steps)")
        if paths.empty:
            style.say(axes, "No path of this kind was kept.")
    panels[0].set(
        ylabel=r"Predicted $\hat{x}_0$ (data units)",
        ylim=frame(modes, radius)[0],
        # Time runs backwards, so that the end of the walk is at the right.
        xlim=(trajectories["t"].max(), trajectories["t"].min()),
    )
    _legend(figure, trajectories, {})
    return figure


def _planes(trajectories: pd.DataFrame, modes: pd.DataFrame, radius: float) -> Figure:
    figure = style.figure(style.PAGE, 3.5)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    times = Normalize(trajectories["t"].min(), trajectories["t"].max())
    for axes, (title, paths) in zip(panels, _classes(trajectories, PATHS[2]), strict=True):
        draw_modes(axes, modes, radius)
        drawn = axes.add_collection(_coloured_by_time(paths, times))
        ends = paths.groupby("sample").first()
        colours = ends["label"].map(style.LABEL_COLOURS)
        axes.scatter(ends["x0_hat0"], ends["x0_hat1"], s=9, c=colours, linewidths=0, zorder=4)
        axes.set_title(title)
        if paths.empty:
            style.say(axes, "No path of this kind was kept.")
    panels[1].set_ylabel("")
    bar = figure.colorbar(drawn, ax=panels, shrink=0.8, label="Reverse time $t$ (steps)")
    bar.outline.set_visible(False)
    bar.ax.invert_yaxis()
    _legend(figure, trajectories, {"linestyle": "", "marker": "o"})
    return figure


def _coloured_by_time(paths: pd.DataFrame, times: Normalize) -> LineCollection:
    segments, at = [np.empty((0, 2, 2))], [np.empty(0)]
    for _, path in paths.groupby("sample"):
        points = path[["x0_hat0", "x0_hat1"]].to_numpy()  # [steps, 2]
        segments.append(np.stack([points[:-1], points[1:]], 1))
        at.append(path["t"].to_numpy()[:-1])
    return LineCollection(
        list(np.concatenate(segments)),
        array=np.concatenate(at),
        norm=times,
        cmap=style.SEQUENCE,
        linewidths=0.7,
        zorder=2,
    )


def _strips(
    trajectories: pd.DataFrame, shape: Sequence[int], window: tuple[int, int] | None
) -> Figure:
    times = np.sort(trajectories["t"].unique())
    first, last = window or (0, len(times) - 1)
    within = times[first : last + 1]
    labels = trajectories.groupby("sample")["label"].first()
    samples = [*_in_turn(labels[labels.isin(CALM)]), *_in_turn(labels[~labels.isin(CALM)])]
    spread = np.linspace(len(within) - 1, 0, min(FRAMES, len(within))).round().astype(int)
    figure = style.figure(style.PAGE, 0.76 * len(samples) + 0.7)
    cells = figure.subplots(len(samples), len(spread) + 2, squeeze=False)
    table = trajectories.set_index(["sample", "t"])
    walked = {
        sample: frames.to_array(table.loc[[(sample, t) for t in within]], shape, "x0_hat")
        for sample in samples
    }
    largest = max((path.var(0).mean(0).max() for path in walked.values()), default=0)
    for row, (sample, path) in zip(cells, walked.items(), strict=True):
        end = frames.to_array(table.loc[[(sample, times[0])]], shape, "x0_hat")[0]
        for axes, picture in zip(row, [*path[spread], end], strict=False):
            show(axes, picture)
        _variance(row[-1], path, end, largest)
        label = labels[sample]
        row[0].set_ylabel(style.LABEL_WORDS.get(label, style.word(label)), fontsize=7)
    said = [*(f"$t$ = {t}" for t in within[spread]), "end", "variance"]
    for axes, words in zip(cells[0], said, strict=True):
        axes.set_title(words, fontsize=7)
    figure.suptitle(
        rf"Predicted $\hat{{x}}_0$ over {len(within)} reverse steps, {first} to {last} before the "
        f"end, and its\nvariance over them, mean of each object of the end; n = {len(samples)} of "
        f"{len(labels)} kept paths"
    )
    return figure


def _variance(axes: Axes, path: np.ndarray, end: np.ndarray, largest: float) -> None:
    """The variance along a path, bright where it is large, with outlines and means of objects.

    path: [steps, c, h, w]; end: [c, h, w]; largest: variance of all that are shown.
    """
    variance = path.var(0).mean(0)
    axes.imshow(variance, cmap=style.SEQUENCE, vmin=0, vmax=largest or 1)
    axes.set(xticks=[], yticks=[])
    regions, means = objects(variance[None], end.mean(0)[None] > 0)
    for number in np.unique(regions[regions > 0]):
        own = regions[0] == number
        axes.contour(own, levels=[0.5], colors="white", linewidths=0.7)
        y, x = np.nonzero(own)
        low = y.max() + 1
        below = low < 0.8 * len(own)
        axes.text(
            x.mean(),
            low if below else y.min() - 1,
            f"{means[number]:.2g}",
            color="white",
            fontsize=5.5,
            ha="center",
            va="top" if below else "bottom",
        )


def _in_turn(labels: pd.Series) -> list[int]:
    """A few samples of one kind: of each label one, then of each another."""
    turn = labels.groupby(labels).cumcount()
    return list(turn.sort_values(kind="stable").index[:STRIPS])


def _classes(trajectories: pd.DataFrame, most: int) -> list[tuple[str, pd.DataFrame]]:
    """Valid and hallucinated paths, each with the title of its panel."""
    valid = trajectories["label"] == "valid"
    return [
        _first("valid", trajectories[valid], most),
        _first("hallucinated", trajectories[~valid], most),
    ]


def _first(name: str, paths: pd.DataFrame, most: int) -> tuple[str, pd.DataFrame]:
    samples = paths["sample"].unique()
    count = f"{most} of {len(samples)}" if len(samples) > most else str(len(samples))
    return f"{name}, n = {count} paths", paths[paths["sample"].isin(samples[:most])]


def _legend(figure: Figure, trajectories: pd.DataFrame, look: dict) -> None:
    """One entry for each label there is, and not for each path."""
    ends = "ends " if look else ""
    handles = [
        Line2D([], [], color=colour, label=f"{ends}{label}", **look)
        for label, colour in style.LABEL_COLOURS.items()
        if (trajectories["label"] == label).any()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
