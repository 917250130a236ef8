"""The files of pipelines, and of samples made elsewhere, looked into before a job starts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mirage.datasets.folder import picture_files
from mirage.detectors import every_score
from mirage.elsewhere import Array, require_columns, require_picture, require_rows
from mirage.frames import coordinates
from mirage.hooks.saved import Saved
from mirage_workflow.config.experiment import Experiment


def files(experiment: Experiment) -> list[str]:
    """The files that generation 0 is drawn from or taken from; none of a network trained here.

    Those of samples begin with the samples' own, in their order.
    """
    if experiment.origin == "network":
        return []
    if experiment.origin == "pipeline":
        return [str(path) for path in Saved(Path(experiment.network.folder)).files]
    given = experiment.samples
    made = [given.points]
    if given.folder is not None:
        found = picture_files(given.folder, "samples.folder")
        made = [str(path) for path in found[: experiment.sampling.samples]]
    return made + [path for path in (given.paths, given.scores) if path]


def require_pipeline(experiment: Experiment) -> None:
    """Look into the folder of a pipeline.

    Raises:
        ValueError: if it is none, cannot be watched, draws pictures of another shape, takes fewer
            steps, or cannot be trained where that is asked for.
    """
    with _said_of("network.folder"):
        saved = Saved(Path(experiment.network.folder))
        saved.require_watchable()
        if experiment.recursion.generations:
            saved.require_trainable()
        drawn, wanted = saved.shape, experiment.dataset.shape
        if drawn and drawn != wanted:
            raise ValueError(
                f"{saved.folder} draws pictures of {list(drawn)}; those of the dataset "
                f"{experiment.dataset.name} are {list(wanted)}"
            )
    most = saved.scheduler.get("num_train_timesteps")
    if most and experiment.sampling.steps > most:
        raise ValueError(
            f"sampling.steps: found {experiment.sampling.steps}; allowed: up to {most}, "
            f"for which {saved.folder} was trained"
        )


def require_samples(experiment: Experiment) -> None:
    """Look into the files of samples made elsewhere, as far as this machine can read them.

    Raises:
        ValueError: if one is missing or no such file, has fewer samples than are taken, points of
            another dimension, a first picture of another shape, or paths of another length or
            shape, or shorter than a window.
    """
    given, wanted = experiment.samples, experiment.sampling.samples
    shape = experiment.dataset.shape
    for key in ("points", "paths", "scores"):
        path = getattr(given, key)
        if path and not Path(path).is_file():
            raise ValueError(f"samples.{key}: no such file in {Path.cwd()}: found {path!r}")
    with _said_of("samples.folder"):
        if given.folder is not None:
            found = picture_files(given.folder, "samples.folder")
            require_rows(given.folder, len(found), wanted)
            with suppress(ImportError):  # without Pillow here, the job says the same
                require_picture(found[0], shape)
    with _said_of("samples.points"):
        if given.points and given.points.endswith(".npz"):
            array = Array(given.points, "x")
            array.require([None, *shape])
            require_rows(given.points, array.shape[0], wanted)
        elif given.points:
            _require_table(given.points, coordinates(shape), wanted)
    with _said_of("samples.scores"):
        if given.scores:
            every = every_score(experiment.detection.detectors, experiment.detection.windows)
            columns = ["sample", *(score.column for score in every)]
            _require_table(given.scores, columns, wanted)
    with _said_of("samples.paths"):
        if given.paths:
            _require_paths(experiment)


def _require_paths(experiment: Experiment) -> None:
    given, detection = experiment.samples, experiment.detection
    paths = Array(given.paths, "x0_hat")
    paths.require([None, None, *experiment.dataset.shape])
    n, steps = paths.shape[:2]
    there = samples_in(experiment)
    if there is not None and n != there:
        raise ValueError(f"{given.paths} has {n} paths for {there} samples; allowed: as many")
    require_rows(given.paths, n, experiment.sampling.samples)
    for first, last in detection.windows:
        if last >= steps:
            raise ValueError(
                f"detection.windows: [{first}, {last}] is longer than the {steps} steps of "
                f"{given.paths}; T2 may be at most {steps - 1}"
            )


def samples_in(experiment: Experiment) -> int | None:
    """How many samples the user's files hold; None where this machine cannot read them."""
    given = experiment.samples
    if given.folder is not None:
        return len(picture_files(given.folder, "samples.folder"))
    if given.points.endswith(".npz"):
        return Array(given.points, "x").shape[0]
    described = _described(given.points)
    return described and described[1]


def _require_table(path: str, columns: Sequence[str], rows: int) -> None:
    if described := _described(path):
        require_columns(path, described[0], columns)
        require_rows(path, described[1], rows)


def _described(path: str) -> tuple[list[str], int] | None:
    """A Parquet file's columns and rows; None where there is nothing to read it with.

    The launcher may have no pyarrow: the job then says the same.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return None
    try:
        with pq.ParquetFile(path) as file:
            return file.schema_arrow.names, file.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from None


@contextmanager
def _said_of(key: str) -> Iterator[None]:
    """An error that begins with the key that it is of, unless with another of the config's."""
    try:
        yield
    except ValueError as error:
        own = str(error).split(":")[0]
        keys = (key, "sampling.samples", "detection.windows")
        raise ValueError(str(error) if own in keys else f"{key}: {error}") from None
