"""Detectors that look on while someone else's model draws samples."""

import functools
import inspect
import operator
import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from mirage.detectors import every_score
from mirage.hooks import schedulers
from mirage.hooks.schedulers import WatchError
from mirage.registry import DETECTORS
from mirage.trajectory import WindowScores


def watch(
    scheduler: Any = None,
    windows: Iterable[tuple[int, int]] = ((0, 9),),
    detectors: Sequence[str] = ("hal",),
    steps: int | None = None,
    keep: Collection[int] = (),
) -> "Watch":
    """Score what a diffusers pipeline draws, while it draws.

        with watch(pipe.scheduler, windows=[(0, 9)]) as hal:
            images = pipe(batch_size=16, num_inference_steps=50).images
        hal.scores

    Nothing of what the pipeline gives changes. In a loop of one's own, where there is no
    scheduler, say how many steps a walk has, and hand over each prediction:

        hal = watch(windows=[(0, 9)], steps=50)
        for t in times:
            ...
            hal.update(x0_hat)

    Args:
        scheduler: of diffusers, whose `step` is watched inside of the `with` block. Samples are
            what it steps: after guidance, and latents where the model has latents.
        windows: [T1, T2] in steps before the last of the walk, both counted.
        detectors: names in the registry.
        steps: of each walk, in a loop of one's own: after so many updates it has ended, and the
            next update starts another.
        keep: numbers of samples whose predictions are kept at all steps, counted from 0.

    Warns of a block in which the scheduler took no step, and of a walk that did not end.

    Raises:
        WatchError: if the scheduler cannot be watched, with the reason, or an option is wrong.
    """
    return Watch(scheduler, windows, detectors, steps, keep)


class Watch:
    """Running detectors, and the scores of all walks that have ended: see `watch`."""

    def __init__(
        self,
        scheduler: Any,
        windows: Iterable[tuple[int, int]],
        detectors: Sequence[str],
        steps: int | None,
        keep: Collection[int],
    ) -> None:
        self._windows = _ends(windows)
        if isinstance(detectors, str) or not isinstance(detectors, Iterable):
            raise WatchError(f"detectors: a list of names, such as ['hal']; found {detectors!r}")
        self._detectors = list(detectors)
        unknown = [name for name in self._detectors if name not in DETECTORS]
        if unknown:
            raise WatchError(f"no detector {unknown[0]!r}; there are {', '.join(DETECTORS)}")
        if (scheduler is None) == (steps is None) or (steps is not None and steps < 1):
            raise WatchError(f"give a scheduler or the steps of a walk; found steps={steps}")
        if scheduler is not None:
            schedulers.known_name(scheduler)
        if not isinstance(keep, Collection):
            raise WatchError(f"keep: a list of samples' numbers, such as [0, 7]; found {keep!r}")
        self._scheduler, self._steps, self._keep = scheduler, steps, keep
        self._entered = self._seen = False
        self._remaining = 0
        self._running: WindowScores | None = None
        self._scores: list[dict[str, np.ndarray]] = []
        self._samples = 0
        self._paths: dict[int, np.ndarray] = {}

    @property
    def scores(self) -> pd.DataFrame:
        """A row for each sample of the walks that have ended: `sample`, `hal_0_9`, ...

        `attrs` say of each score column its detector and its window's ends. Warns, but within
        the `with` block, where a walk has not ended or none was seen.
        """
        if self._running and not self._entered:
            warnings.warn(
                f"a walk of {self._shape[0]} samples is {self._remaining} steps before its end, "
                "and has no scores yet",
                stacklevel=2,
            )
        elif not (self._entered or self._seen or self._samples):
            self._warn_of_nothing()
        every = every_score(self._detectors, self._windows)
        about = {score.column: score._asdict() for score in every}
        parts = {
            name: [np.empty(0, np.float32), *(s[name] for s in self._scores)] for name in about
        }
        columns = {name: np.concatenate(scores) for name, scores in parts.items()}
        frame = pd.DataFrame({"sample": range(self._samples)} | columns)
        frame.attrs = about
        return frame

    @property
    def paths(self) -> dict[int, np.ndarray]:
        """x0_hat of each sample in `keep`, by its number: [steps, *sample].

        Warns, but within the `with` block, where none of them was seen.
        """
        if len(self._keep) and not (self._paths or self._entered):
            warnings.warn(
                f"no sample of `keep` was seen: {self._samples} samples were, numbered from 0",
                stacklevel=2,
            )
        return self._paths

    def update(self, x0_hat: Tensor, remaining: int | None = None) -> None:
        """See the prediction of the next step.

        Args:
            x0_hat: [batch, *sample].
            remaining: steps of the walk still to come after this one; 0 ends it. By default one
                fewer than at the last update.

        Raises:
            WatchError: if it is no such tensor, the walk is shorter than a window, or its
                samples change in shape.
        """
        if not isinstance(x0_hat, Tensor) or x0_hat.ndim < 2:
            found = list(x0_hat.shape) if isinstance(x0_hat, Tensor) else type(x0_hat).__name__
            raise WatchError(f"x0_hat: a tensor [batch, *sample]; found {found}")
        self._seen = True
        x0_hat = x0_hat.detach()
        if x0_hat.dtype.itemsize < 4:
            x0_hat = x0_hat.float()  # small variances are lost in half precision
        if remaining is None:
            left = self._remaining if self._running else self._steps
            if left is None:
                raise WatchError("how many steps the walk has is not known: give `remaining`")
            remaining = left - 1
        running = self._running
        if running is None or remaining >= self._remaining:
            running = self._start(x0_hat, remaining)
        elif x0_hat.shape != self._shape:
            found, before = list(x0_hat.shape), list(self._shape)
            raise WatchError(f"a walk of samples {before} went on with {found}")
        self._remaining = remaining
        running.see(remaining, x0_hat)
        if self._rows:
            self._path.append(x0_hat[self._rows].cpu().numpy())
        if remaining == 0:
            self._end(running)

    def _start(self, x0_hat: Tensor, remaining: int) -> WindowScores:
        self._break_off()
        require_steps(self._windows, remaining + 1)
        running, self._shape = WindowScores(self._detectors, self._windows), x0_hat.shape
        self._running = running
        numbers = range(self._samples, self._samples + len(x0_hat))
        self._rows = [row for row, number in enumerate(numbers) if number in self._keep]
        self._path: list[np.ndarray] = []
        return running

    def _end(self, running: WindowScores) -> None:
        scores = running.columns()
        self._scores.append({name: score.cpu().numpy() for name, score in scores.items()})
        for place, row in enumerate(self._rows):
            self._paths[self._samples + row] = np.stack([kept[place] for kept in self._path])
        self._samples += self._shape[0]
        self._running = None

    def _break_off(self) -> None:
        """Forget a walk that did not reach its end: its samples are no samples."""
        if self._running:
            self._running = None
            warnings.warn(
                f"a walk of {self._shape[0]} samples was broken off {self._remaining} steps "
                "before its end, and leaves no scores",
                stacklevel=4,
            )

    def _warn_of_nothing(self) -> None:
        """Warn whoever called the caller, but for a loop of one's own, which may be to come."""
        if self._scheduler is not None:
            warnings.warn(
                f"no walk was seen: this {type(self._scheduler).__name__} took no step within "
                "`with watch(...)`; draw within the block, and watch the very scheduler that the "
                "pipeline has then (pipe.scheduler)",
                stacklevel=3,
            )

    def __enter__(self) -> "Watch":
        if self._entered:
            raise WatchError("this watch is on already; within its block make another")
        self._entered, self._seen = True, False
        if self._scheduler is not None:
            self._replaced = vars(self._scheduler).get("step")
            self._scheduler.step = _Step(self._scheduler, self)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._scheduler is not None:
            del self._scheduler.step
            if self._replaced is not None:
                self._scheduler.step = self._replaced
        self._entered = False
        if kind is None:
            self._break_off()
            if not self._seen:
                self._warn_of_nothing()
        self._running = None


class _Step:
    """A scheduler's `step` that also tells a watch what it saw."""

    def __init__(self, scheduler: Any, watch: Watch) -> None:
        self._scheduler, self._watch, self._step = scheduler, watch, scheduler.step
        self._name = schedulers.known_name(scheduler)
        # Pipelines look which arguments it takes.
        functools.update_wrapper(self, self._step, updated=())
        self._signature = inspect.signature(type(scheduler).step)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        starts = schedulers.starts_step(self._scheduler)
        output = self._step(*args, **kwargs)
        if starts:
            given = self._signature.bind(self._scheduler, *args, **kwargs).arguments
            call = schedulers.Call(self._scheduler, given, output)
            remaining = schedulers.remaining(self._name, call)
            self._watch.update(schedulers.WATCHED[self._name](call), remaining)
        return output

    def __deepcopy__(self, memo: dict) -> Any:
        """A copy of the scheduler, as some pipelines make, steps for itself and unwatched."""
        copied = memo.get(id(self._scheduler))
        return self if copied is None else type(copied).step.__get__(copied)


def require_steps(windows: Iterable[Sequence[int]], steps: int) -> None:
    """Refuse windows that a walk of so many steps does not have.

    Raises:
        WatchError: naming the first of them.
    """
    for window in windows:
        if window[1] >= steps:
            raise WatchError(
                f"the window {list(window)} needs {window[1] + 1} steps; this walk has {steps}"
            )


def _ends(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    try:
        ends = [(operator.index(first), operator.index(last)) for first, last in windows]
    except (TypeError, ValueError):
        raise WatchError(
            f"windows: a list of [T1, T2], such as [(0, 9)], in steps; found {windows!r}"
        ) from None
    for first, last in ends:
        if not 0 <= first <= last:
            raise WatchError(
                f"windows: [T1, T2] with 0 <= T1 <= T2, in steps; found {[first, last]}"
            )
    return ends
