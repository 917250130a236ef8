"""Real runs of the real workflow, in copies of the checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config", "envs", "profiles", "slurm", "workflow")


class Checkout:
    """A copy of the workflow, where tests may run and edit."""

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
        return {**os.environ, "PATH": path, "PYTHONPATH": ""}

    def snakemake(self, *args: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*args),
            cwd=self.path,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *args: str) -> subprocess.Popen:
        """Start a run in a process group of its own, to be killed as one."""
        return subprocess.Popen(
            self.command(*args),
            cwd=self.path,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Checkout:
    """A copy that tests only read, with a picture to plan for: dry runs and refusals."""
    copy = Checkout(tmp_path_factory.mktemp("checkout"))
    (copy.path / "resources/pictures").mkdir(parents=True)
    (copy.path / "resources/pictures/0.png").touch()
    return copy


@pytest.fixture
def scratch(tmp_path) -> Checkout:
    """A copy of a test's own, to run in and to edit."""
    return Checkout(tmp_path)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> Checkout:
    """A finished run of the smoke preset, all experiments, on two cores."""
    finished = Checkout(tmp_path_factory.mktemp("smoke"))
    arguments = ["--cores", "2", "--scheduler", "greedy", "--show-failed-logs"]
    run = finished.snakemake(*arguments, "--config", "preset=smoke", "--", "all_figures")
    assert run.returncode == 0, run.stderr[-4000:]
    return finished
