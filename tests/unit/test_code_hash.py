"""What counts as a change of a job's code."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import ROOT

import mirage.datasets.known  # noqa: F401  registers them
from mirage.registry import places
from mirage_workflow import code_hash
from mirage_workflow.code_hash import (
    NO_NUMBERS,
    PACKAGES,
    REGISTERS,
    closure,
    code_of,
    named,
    read,
    written,
)

REGISTERED = {file for path in REGISTERS for file in path.parent.glob("*.py")}
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
MODULES = sorted(file for home in PACKAGES.values() for file in home.rglob("*.py"))
SOURCE = '''
"""A module."""
from dataclasses import dataclass  # a comment
@dataclass
class Walk(Base, metaclass=Meta):
    """A class."""
    steps: int = 5
    "What steps are."
    def run(self, x, /, *rest, scale: float = -1.5, **more) -> list[int]:
        """A method."""
        text = f"{x!r:>{self.steps}} of {'a' 'b'} and {more=}"
        values = [1_000, 0x10, 1e-3, 2j, b"\\xff", "é\\u2028", None, ..., True, (), {**more}]
        with open(x) as file, (lock): yield from file
        match values:
            case [first, *_] if (n := len(first)) > 1: return lambda: n
            case {"a": 1, **kept} | None: pass
        try: del x
        except ValueError as error: raise error from None
        return not (x < 1 <= 2) and x @ x[1:, ::2]
'''


def words(source: str) -> str:
    return written(ast.parse(source))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""A module."""', ""),
        ('"""A class."""', '"""Another text."""'),
        ('"What steps are."', ""),
        ('"""A method."""', '"""Says more.\n\n        On two lines.\n        """'),
        ("# a comment", ""),
        ("steps: int = 5", "steps:int=( 5 )"),
        ("1_000", "1000"),
        ("'a' 'b'", "'ab'"),
        ("pass", "pass\n\n"),
    ],
)
def test_docstrings_comments_and_layout_do_not_count(before, after):
    assert before in SOURCE
    assert words(SOURCE.replace(before, after)) == words(SOURCE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("= 5", "= 6"),
        ("-1.5", "1.5"),
        ("2j", "2"),
        ("True", "1"),
        ("None, ...", "..., None"),
        ("x < 1", "x <= 1"),
        ("x @ x", "x * x"),
        ("!r", "!s"),
        (" of ", " by "),
        ("-> list[int]", ""),
        ("@dataclass\n", ""),
        ("*rest", "rest"),
        ("from None", ""),
        ("::2", "::3"),
        ("()", "[]"),
    ],
)
def test_every_other_change_counts(before, after):
    assert before in SOURCE
    assert words(SOURCE.replace(before, after)) != words(SOURCE)


def test_the_hash_is_the_same_from_every_python(tmp_path):
    file = tmp_path / "sample.py"
    file.write_text(SOURCE, encoding="utf-8")
    assert read(file)[0][:16] == "8bd85b925aea6263"


PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python"))


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parts[-3])
def test_another_python_gives_every_script_the_same_hash(python):
    code = "import sys; from pathlib import Path; from mirage_workflow.code_hash import code_of\n"
    code += "print(*[code_of(Path(script)) for script in sys.argv[1:]])"
    environment = {"PYTHONPATH": f"{ROOT}/src:{ROOT}/workflow"}
    told = subprocess.run(
        [python, "-c", code, *SCRIPTS], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [code_of(script) for script in SCRIPTS]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_hash_does_not_depend_on_where_the_checkout_lies(path, tmp_path_factory):
    """All names in it are relative."""
    names = [code_hash._name(file) for file in closure(path)]
    assert not [name for name in names if name.startswith("/")]
    assert names[-1].startswith(("mirage", path.name))


LOADER = """
import importlib, json, sys
def ours():
    return {name: m for name, m in sys.modules.items() if name.split(".")[0] in sys.argv[1:3]}
found = {}
for name in sys.argv[3:]:
    for loaded in ours():
        del sys.modules[loaded]
    importlib.import_module(name)
    found[name] = [module.__file__ for module in ours().values()]
print(json.dumps(found))
"""


def name_of(path: Path) -> str:
    home = next(home for home in PACKAGES.values() if path.is_relative_to(home))
    parts = path.relative_to(home.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_closure_of_every_module_holds_all_that_importing_it_loads():
    command = [sys.executable, "-c", LOADER, *PACKAGES, *map(name_of, MODULES)]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}/src:{ROOT}/workflow"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout)
    assert len(found) > 80
    for path in [path for path in MODULES if path not in REGISTERS]:
        name = name_of(path)
        loaded = {Path(file) for file in found[name]} - set(NO_NUMBERS)
        if loaded & set(REGISTERS):  # what it registers is named job by job
            loaded -= REGISTERED
        assert loaded <= set(closure(*code_hash._files(name))), path


def test_an_import_within_a_function_is_followed_where_the_function_is_named(package):
    inner = "class A:\n    def f(self):\n        from mirage.b import c\n"
    home = package(a=inner, b="from . import c\n", c="import mirage.d", d="", e="")
    assert names(home / "a.py") == ["a"]
    (home / "e.py").write_text("from mirage.a import A\nA().f()\n")
    assert names(home / "e.py") == ["a", "b", "c", "d", "e"]


def test_a_function_that_only_its_decorator_names_is_followed(package):
    registered = "@filter('near')\ndef near():\n    import mirage.b\n"
    home = package(a=registered, b="")
    assert names(home / "a.py") == ["a", "b"]


def test_what_only_a_type_checker_reads_is_not_followed(package):
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import mirage.b\n"
    home = package(a=guarded, b="")
    assert names(home / "a.py") == ["a"]


def test_the_face_leads_to_what_is_asked_of_it(package):
    home = package(a="from mirage import Hal\n", b="import mirage\nmirage.Hal()\n", detectors="")
    assert names(home / "a.py") == ["a", "detectors"]
    assert names(home / "b.py") == ["b", "detectors"]


def test_an_engine_has_its_kernel_and_comments_in_it_do_not_count(package):
    home = package(a="import mirage.b\n", b="")
    kernel = home / "k.cpp"
    kernel.write_text("int f() { return 1; }  // one\n")
    first = hash_in(home / "a.py")
    kernel.write_text("/* f */\nint f() {\n  return 1;\n}\n")
    assert hash_in(home / "a.py") == first
    kernel.write_text("int f() { return 2; }\n")
    assert hash_in(home / "a.py") != first


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a library of some modules in the place of ours."""
    home = tmp_path / "mirage"
    home.mkdir()
    monkeypatch.setitem(PACKAGES, "mirage", home)

    def make(**modules: str) -> Path:
        for name, text in modules.items():
            (home / f"{name}.py").write_text(text)
        return home

    yield make
    forget()


def forget() -> None:
    for remembered in (code_of, closure, read, code_hash._files):
        remembered.cache_clear()


def names(path: Path) -> list[str]:
    forget()
    return [file.stem for file in closure(path)]


def hash_in(path: Path) -> str:
    forget()
    return code_of(path)


def test_a_file_is_taken_where_the_config_names_what_it_registers():
    mine, ours = Path("/home/me/my.py"), Path("/src/mirage/detectors.py")
    places = {"drift": mine, "hal": ours}
    told = {"config": {"detection": {"detectors": ["hal", "drift"]}}}
    assert named(told, places) == (mine, ours)
    assert named({"thresholds": {"drift": 1.0}}, places) == (mine,)
    assert named({"detectors": ["hal"]}, places) == (ours,)


def test_a_job_of_one_dataset_does_not_depend_on_another():
    train = ROOT / "workflow/scripts/train_model.py"
    grid, shapes = (PACKAGES["mirage"] / f"datasets/{name}.py" for name in ("gaussians", "shapes"))
    files = named({"dataset": {"name": "gaussian2d_grid"}}, places())
    assert grid in closure(train, *files)
    assert shapes not in closure(train, *files)
