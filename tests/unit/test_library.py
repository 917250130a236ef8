"""The library stands alone: it knows nothing of the pipeline that is built on it."""

import ast
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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_module_names_a_results_path(path):
    assert "results/" not in path.read_text()
