"""Copies of the checkout, where tests run the real workflow and edit it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mirage_workflow import tables

ROOT = Path(__file__).parents[1]
PARTS = (
    "Makefile",
    "Snakefile",
    "config",
    "envs",
    "profiles",
    "requirements.lock",
    "slurm",
    "src",
    "workflow",
)


class Checkout:
    """A copy of the workflow, where tests may run and edit."""

    variables: dict[str, str] = {}
    """Of the environment that a test runs it in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for part in PARTS:
            source = ROOT / part
            if source.is_symlink():
                (path / part).symlink_to(os.readlink(source))
            elif source.is_dir():
                shutil.copytree(source, path / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, path / part)

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", *args]

    def environment(self) -> dict[str, str]:
        """The interpreter of the tests comes first; nothing of theirs leaks into jobs."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": "", **self.variables}

    def make_command(self, *args: str) -> list[str]:
        """`make`, with the environment of the tests in the place of .venv."""
        ready = self.path / ".venv/ready"
        ready.parent.mkdir(exist_ok=True)
        ready.touch()
        return ["make", f"BIN={Path(sys.executable).parent}", *args]

    def snakemake(self, *args: str) -> subprocess.CompletedProcess:
        return self.finish(self.command(*args))

    def make(self, *args: str) -> subprocess.CompletedProcess:
        return self.finish(self.make_command(*args))

    def finish(self, command: list[str]) -> subprocess.CompletedProcess:
        """Run a command to its end, without a terminal."""
        return subprocess.run(
            command,
            cwd=self.path,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *args: str, log: Path = Path(os.devnull)) -> subprocess.Popen:
        """Start a run in a process group of its own, to be killed as one."""
        with open(log, "w") as said:
            return subprocess.Popen(
                self.command(*args),
                cwd=self.path,
                env=self.environment(),
                stdout=said,
                stderr=said,
                start_new_session=True,
            )


def tables_of(folder: Path) -> dict[str, str]:
    """The digest of every table below a folder; shards of one generation are one table."""
    paths = sorted(folder.rglob("*.parquet"))
    groups = {}
    for path in paths:
        place = path.parent if path.parent.name in ("samples", "scores") else path
        groups.setdefault(str(place.relative_to(folder)), []).append(path)
    assert groups, f"no tables in {folder}"
    return {place: tables.digest(*parts) for place, parts in groups.items()}


class Small(Checkout):
    """A copy whose line of Gaussians is retrained once, from two shards; the rest as it is.

    Small enough to be run many times, it passes through every kind of step that a large
    run has but those of pictures.
    """

    experiment = "results/smoke/gaussian1d"
    target = f"{experiment}/metrics.parquet"
    settings = ("--config", "preset=smoke", "experiments=[gaussian1d]")

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.edit(
            "sampling: {samples: 2_000, steps: 60, block_size: 500}",
            "sampling: {samples: 3_500, steps: 60, block_size: 500}\n"
            "    recursion: {generations: 1, filters: [hal], keep: 1_800}",
        )
        self.edit("{checkpoint_every: 50}", "{checkpoint_every: 50, shard_size: 2_000}")

    def edit(self, before: str, after: str) -> None:
        """Change one thing in the sizes that the experiment takes."""
        path = self.path / "config/presets/mlp.yaml"
        text = path.read_text()
        assert text.count(before) == 1, before
        path.write_text(text.replace(before, after))

    def arguments(self, *extra: str, cores: int = 1) -> list[str]:
        scheduling = ["--cores", str(cores), "--scheduler", "greedy", "--rerun-incomplete"]
        return [*scheduling, *extra, *self.settings, "--", self.target]

    def run(self, *extra: str, cores: int = 1) -> subprocess.CompletedProcess:
        """A run that ends well."""
        finished = self.snakemake(*self.arguments(*extra, cores=cores))
        assert finished.returncode == 0, finished.stderr[-4000:]
        return finished

    def tables(self) -> dict[str, str]:
        """The digest of every table."""
        return tables_of(self.path / self.experiment)
