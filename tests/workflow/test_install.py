"""The library alone: built as a package, installed elsewhere, and used there."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib

import pytest
from checkouts import ROOT
from packaging.requirements import Requirement

import mirage

USE = """
import importlib.metadata, sys
import mirage
from mirage.engine import native

assert mirage.__file__.startswith(sys.argv[1]), mirage.__file__
assert importlib.metadata.version("mirage-diffusion") == mirage.__version__
assert {path.suffix for path in native.SOURCES} == {".cpp", ".h"}
"""


def copy_project(folder) -> None:
    """What pip needs beside the code."""
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, folder)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds the library as pip installs it, and nothing else."""
    folder, source = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("source")
    copy_project(source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__"))
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", folder)
    command = [sys.executable, "-m", "pip", "install", *options, source]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return folder


def test_an_installed_library_works_without_the_checkout(installed, tmp_path):
    command = [sys.executable, "-c", USE, str(installed)]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    used = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert used.returncode == 0, used.stderr


def test_the_example_finds_hallucinations_with_the_installed_library(installed, tmp_path):
    example = ROOT / "examples/toy.py"
    assert len(example.read_text().splitlines()) <= 60
    environment = os.environ | {"PYTHONPATH": str(installed), "MPLBACKEND": "agg"}
    command = [sys.executable, example, "toy.png"]
    used = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert used.returncode == 0, used.stderr
    rate, found = (float(share) for share in re.findall(r"([\d.]+)%", used.stdout))
    assert 0.5 < rate < 20
    assert found > 3 * rate  # as many chosen by chance would find `rate` of them
    assert (tmp_path / "toy.png").stat().st_size > 10_000


def test_an_installed_library_gives_no_number_of_a_checkouts_workflow(scratch, tmp_path_factory):
    """On the path it comes before what Snakemake adds for jobs, as in site-packages."""
    another = tmp_path_factory.mktemp("another")
    (another / "mirage.py").write_text("raise ImportError('another library')")
    scratch.variables = {"PYTHONPATH": str(another)}
    settings = ("--config", "preset=smoke", "experiments=[gaussian1d]")
    data = "results/smoke/gaussian1d/seed0/data.parquet"
    made = scratch.snakemake("--cores", "1", *settings, "--", data)
    assert made.returncode == 0, made.stderr
    assert (scratch.path / data).is_file()


def test_an_installed_library_brings_its_command(installed):
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [installed / "bin/mirage", "score", "--help"]
    used = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert used.returncode == 0, used.stderr
    assert used.stdout.startswith("usage: mirage score")


def test_the_environment_that_make_makes_has_the_library_of_the_checkout(scratch):
    """The packages of the lock are those of the tests, as their download takes minutes."""
    copy_project(scratch.path)
    (scratch.path / "requirements.lock").write_text("")
    scratch.variables = {"PYTHONPATH": sysconfig.get_path("purelib")}
    made = scratch.finish(["make", f"PYTHON={sys.executable}", ".venv/ready"])
    assert made.returncode == 0, made.stderr
    programs = scratch.path / ".venv/bin"
    asked = "import mirage; from mirage import watch; print(mirage.__file__)"
    used = scratch.finish([programs / "python", "-c", asked])
    assert used.stdout == f"{scratch.path}/src/mirage/__init__.py\n", used.stderr
    assert scratch.finish([programs / "mirage", "score", "--help"]).returncode == 0


def test_a_model_that_diffusers_alone_trained_is_watched(installed, tmp_path):
    example = ROOT / "examples/own_model.py"
    assert len(example.read_text().splitlines()) <= 60
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, example, "squares"]
    used = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert used.returncode == 0, used.stderr
    rows = dict(re.findall(r"^(True|False) +(.*)$", used.stdout, re.MULTILINE))
    (wrong, high), (right, low) = rows["False"].split(), rows["True"].split()
    assert int(wrong) + int(right) == 400
    assert int(wrong) < int(right)
    assert float(high) > 1.2 * float(low)
    assert (tmp_path / "squares/model_index.json").is_file()


def test_the_package_holds_every_file_of_the_library(installed):
    source = ROOT / "src/mirage"
    there = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    there = {path for path in there if path.suffix != ".pyc"}
    assert {path for path in there if not (installed / "mirage" / path).exists()} == set()


def test_what_the_package_needs_lies_within_the_tested_bounds():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements.in").read_text().splitlines()
    tested = {Requirement(line).name for line in lines if line and not line.startswith("#")}
    groups = project["optional-dependencies"].values()
    needed = [Requirement(line) for group in (project["dependencies"], *groups) for line in group]
    assert {requirement.name for requirement in needed} <= tested
    locked = (ROOT / "requirements.lock").read_text().splitlines()
    versions = dict(line.split(" ;")[0].lower().split("==") for line in locked if "==" in line)
    for requirement in needed:
        assert versions[requirement.name] in requirement.specifier, requirement.name


def test_the_version_is_told_once_more_only_where_others_cite_it():
    assert f"version: {mirage.__version__}" in (ROOT / "CITATION.cff").read_text().splitlines()
