"""The library stands alone: it knows nothing of the pipeline that is built on it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mirage

LIBRARY = Path(mirage.__file__).parent
MODULES = sorted(LIBRARY.rglob("*.py"))
PIPELINES_OWN = {"mirage_workflow", "pyarrow", "pydantic", "snakemake", "yaml"}


def imports(path: Path) -> set[str]:
    """Modules that a file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_module_imports_what_only_the_pipeline_needs(path):
    assert {name.split(".")[0] for name in imports(path)} & PIPELINES_OWN == set()


def loaded_by(*modules: str) -> set[str]:
    """Packages that importing some modules loads in a new process."""
    names = ", ".join(modules)
    code = f"import sys, {names}; print(*{{name.split('.')[0] for name in sys.modules}})"
    path = {"PYTHONPATH": str(LIBRARY.parent)}
    command = [sys.executable, "-c", code]
    told = subprocess.run(
        command, env=os.environ | path, capture_output=True, text=True, check=True
    )
    return set(told.stdout.split())


HEAVY = {"torch", "pandas", "scipy", "matplotlib", "PIL", "requests", "tqdm"} | PIPELINES_OWN


def test_importing_it_loads_nothing_that_takes_time():
    assert loaded_by("mirage") & (HEAVY | {"numpy"}) == set()


def test_registering_what_comes_with_it_loads_numpy_at_most():
    loaded = loaded_by("mirage.datasets.known", "mirage.filters", "mirage.figures.own")
    assert loaded & (HEAVY | {"numpy"}) == {"numpy"}


@pytest.mark.parametrize("name", mirage.__all__)
def test_the_face_shows_what_its_module_holds(name):
    shown = getattr(mirage, name)
    assert shown.__name__ == name
    assert shown.__module__.startswith("mirage.")
    assert name in dir(mirage)


def test_the_face_has_no_other_names():
    with pytest.raises(AttributeError, match="halo"):
        _ = mirage.halo
    with pytest.raises(ImportError, match="halo"):
        from mirage import halo  # noqa: F401


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_module_goes_through_the_face(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "mirage":
            assert {alias.name for alias in node.names} & set(mirage.__all__) == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_module_names_a_results_path(path):
    assert "results/" not in path.read_text()
