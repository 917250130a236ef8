"""Conda's environments, pip's lock and the imports tell one story."""

import ast
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from checkouts import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, Quietness, ResourceSettings

PACKAGES = (ROOT / "src/mirage", ROOT / "workflow/mirage_workflow")
SCRIPTS = ROOT / "workflow/scripts"
PACKAGE_OF = {
    "PIL": "pillow",
    "pydantic_core": "pydantic",  # which brings it
    "sklearn": "scikit-learn",
    "torch": "pytorch",
    "yaml": "pyyaml",
}
CONDA_TO_PIP = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "matplotlib-base": "matplotlib",
    "snakemake-minimal": "snakemake",
}


def dependencies(env: str) -> dict[str, str]:
    """Package -> version bound, as an env file states them."""
    listed = yaml.safe_load((ROOT / f"envs/{env}.yaml").read_text())["dependencies"]
    return dict(entry.split(" ", 1) for entry in listed)


def lock() -> dict[str, Version]:
    """Package -> version in requirements.lock."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    lines = (line.split(" ;")[0] for line in lines)  # a platform after the version
    pins = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {name.lower().replace("_", "-"): Version(version) for name, version in pins}


def as_pip(bound: str) -> SpecifierSet:
    """Conda's `=2.4` means any 2.4.x."""
    fuzzy = re.fullmatch(r"=([\d.]+)", bound)
    return SpecifierSet(f"=={fuzzy[1]}.*" if fuzzy else bound)


ENVS = sorted(path.stem for path in (ROOT / "envs").glob("*.yaml"))


@pytest.mark.parametrize("env", ENVS)
def test_the_lock_lies_within_every_bound(env):
    locked = lock()
    for package, bound in dependencies(env).items():
        if package != "python":
            assert locked[CONDA_TO_PIP.get(package, package)] in as_pip(bound), package


def test_the_lock_lies_within_the_bounds_it_was_made_from():
    locked = lock()
    for line in (ROOT / "requirements.in").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            assert locked[requirement.name.lower()] in requirement.specifier, line


def test_the_lock_names_no_package_of_cuda():
    """On a GPU's machine pip adds them; Triton's kernels are interpreted without one."""
    assert not [name for name in lock() if name.startswith(("nvidia", "cuda"))]


def rules_and_envs() -> list[tuple[str, str]]:
    """(script, env) of every rule that has one."""
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        made = api.workflow(ResourceSettings(cores=1), snakefile=ROOT / "Snakefile")
        rules = list(made._workflow.rules)
    pairs = []
    for rule in rules:
        if rule.script:
            script = Path(rule.script.format(params=SimpleNamespace(**rule.params))).stem
            assert script == rule.name
            pairs.append((script, Path(rule.conda_env).stem))
    return sorted(pairs)


def test_every_rule_has_a_script_of_its_name_and_every_script_a_rule():
    assert {script for script, _ in rules_and_envs()} == {
        path.stem for path in SCRIPTS.glob("*.py")
    }


@pytest.mark.parametrize(("script", "env"), rules_and_envs())
def test_an_env_has_what_its_scripts_import(script, env):
    provided = {"pytorch" if name == "pytorch-cpu" else name for name in dependencies(env)}
    provided |= {"matplotlib"} & {name.removesuffix("-base") for name in provided}
    needed = third_party(SCRIPTS / f"{script}.py")
    assert needed, "every script imports something"
    assert needed <= provided


def test_the_launcher_has_what_the_rules_import():
    config = (ROOT / "workflow/mirage_workflow/config").glob("*.py")
    needed = set().union(*(third_party(path) for path in config))
    assert {"numpy", "pydantic"} <= needed <= set(dependencies("snakemake"))


def third_party(path: Path, seen: set[Path] | None = None) -> set[str]:
    """Packages that a file imports at the top, itself or through the library.

    An import inside a function is followed where the file is the script itself or
    the function is its own (they run in that job, or are another dataset's).
    """
    seen = set() if seen is None else seen
    if path in seen:
        return set()
    seen.add(path)
    packages = set()
    for module in imports(path):
        top = module.split(".")[0]
        if top in ("mirage", "mirage_workflow"):
            packages |= set().union(*(third_party(file, seen) for file in files_of(module)))
        elif top not in sys.stdlib_module_names:
            packages.add(PACKAGE_OF.get(top, top))
    return packages


def imports(path: Path) -> set[str]:
    """Modules that a file imports when it is loaded, and anywhere if it is a script."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if path.parent.name == "scripts" else tree.body
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files_of(module: str) -> list[Path]:
    """The files that importing a module of the library or of the pipeline's package runs."""
    top, *names = module.split(".")
    package = next(package for package in PACKAGES if package.name == top)
    place = package.joinpath(*names)
    parents = [parent / "__init__.py" for parent in (place, *place.parents)]
    candidates = [place.with_suffix(".py"), *(p for p in parents if package in p.parents)]
    return [file for file in candidates if file.exists()]
