"""Where a figure or a table comes from: figure, tables, functions, each with file and line.

    python -m mirage_workflow.explain FILE [NAME]

NAME, a column or a metric of the table, leaves only the functions that name it, those that a
script reaches through others among them.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import mirage
from mirage.registry import places
from mirage_workflow import tables
from mirage_workflow.code_hash import closure, named
from mirage_workflow.makers import absent, maker

ROOT = Path(mirage.__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow/scripts"
ROOTS = (ROOT / "src", ROOT / "workflow")
"""Where modules lie."""
FUNCTIONS = (ast.FunctionDef, ast.ClassDef)
GATHERING = {"collect_metrics": "measure_generation"}
"""Scripts that only put tables together, and those that made the tables which they read."""
WINDOW = re.compile(r"_\d+_\d+$")
"""What a column of scores has after the detector's name."""


class UnexplainedError(ValueError):
    """A file that does not say where it comes from."""


def explain(path: Path, name: str = "") -> list[str]:
    """The way from a figure or a table to the functions that made it, a line for each step.

    Args:
        path: of a PNG, a PDF or a Parquet file that the pipeline wrote.
        name: a column or a metric; only functions that name it are told.

    Raises:
        UnexplainedError: if it is none of these.
        TableError: if a table cannot be read.
    """
    if path.suffix == ".parquet":
        return [str(path), *_of_table(path, name)]
    about = _about(path)
    if "Subject" not in about:
        raise UnexplainedError(f"{path}: says nothing of where it comes from")
    first = f"  plotted by {_place(about['Subject'])}, code {about['Creator']}"
    return [str(path), first, *_of_tables(about["Keywords"].split("\n"), name)]


def functions(script: Path) -> dict[str, str]:
    """The functions and classes of the library that a script names: FILE:LINE of each."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mirage"
        for alias in node.names
    }
    used = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    full = [imported[name] for name in used if name in imported]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            full.append(f"{imported.get(node.value.id, '')}.{node.attr}")
    found = {name: place for name in dict.fromkeys(full) if (place := _line(name))}
    return dict(sorted(found.items()))


def naming(name: str, *paths: Path) -> dict[str, str]:
    """The functions, in all of our own code that some files' code is in, that name a column."""
    found = {}
    for path in closure(*paths):
        root = next((root for root in ROOTS if path.is_relative_to(root)), None)
        if root and path.suffix == ".py":
            module = ".".join(path.relative_to(root).with_suffix("").parts)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            words = {name, WINDOW.sub("", name), *_constants(tree, name)}
            for node in tree.body:
                if isinstance(node, FUNCTIONS) and words & set(_texts(node)):
                    found[f"{module}.{node.name}"] = _told(path, node.lineno)
    return found


def _of_tables(paths: Iterable[str], name: str) -> list[str]:
    """The same of several tables, those that came alike together."""
    made: dict[str, list[str]] = {}
    for path in map(Path, paths):
        if path.suffix == ".parquet":
            steps = _of_table(path, name) if path.exists() else _of_absent(path, name)
            made.setdefault("\n".join(steps), []).append(str(path))
    lines = []
    for steps, files in made.items():
        others = f" and {len(files) - 1} like it" if len(files) > 1 else ""
        lines += [f"  from {files[0]}{others}", *("  " + step for step in steps.split("\n"))]
    return lines


def _of_absent(path: Path, name: str) -> list[str]:
    """The same of a table that is not here, so that its config is not known."""
    rule, lines = maker(path), [f"  not here: {absent(path)}"]
    if not (name and rule):
        return lines
    script = SCRIPTS / f"{GATHERING.get(rule, rule)}.py"
    return lines + _naming(name, script, *_registered().values())


def _of_table(path: Path, name: str) -> list[str]:
    origin = tables.provenance(path)
    script = SCRIPTS / f"{origin['script']}.py"
    lines = [f"  made by {script.relative_to(ROOT)}"]
    if script.stem in GATHERING:
        return lines + _of_tables(origin["tables"], name)
    if name:
        return lines + _naming(name, script, *named(origin["config"], _registered()))
    lines += [f"    with {function}, {place}" for function, place in functions(script).items()]
    return [*lines, "    and what these call: NAME=(a column or a metric) finds its function"]


def _naming(name: str, *paths: Path) -> list[str]:
    found = naming(name, *paths)
    lines = [f"    with {function}, {place}" for function, place in found.items()]
    return lines or [f"    where no function names {name!r}"]


def _registered() -> dict[str, Path]:
    """The file of each name that a config may have."""
    from mirage import filters  # noqa: F401  registers what a config names
    from mirage.datasets import known  # noqa: F401  registers what a config names

    return places()


def _about(path: Path) -> dict[str, str]:
    """What a picture says of itself."""
    if path.suffix == ".png":
        from PIL import Image

        with Image.open(path) as image:
            return dict(image.text)
    if path.suffix == ".pdf":
        from pypdf import PdfReader

        told = PdfReader(path).metadata or {}
        return {key.removeprefix("/"): str(value) for key, value in told.items()}
    raise UnexplainedError(f"{path}: allowed: .png, .pdf, .parquet")


def _place(function: str) -> str:
    """A function with its file and line."""
    line = _line(function)
    return f"{function}, {line}" if line else function


def _line(name: str) -> str | None:
    """FILE:LINE of a function or a class, by its full name."""
    module, _, function = name.rpartition(".")
    path = ROOT / "src" / f"{module.replace('.', '/')}.py"
    if not path.is_file():
        return None
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, FUNCTIONS) and node.name == function:
            return _told(path, node.lineno)
    return None


def _told(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def _texts(tree: ast.AST) -> Iterator[str]:
    """The strings, the variables and the names of arguments in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def _constants(tree: ast.Module, text: str) -> Iterator[str]:
    """The names of a module's constants that are a text."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Tuple):
            values = getattr(node.value, "elts", [node.value])
            for target in node.targets:
                names = getattr(target, "elts", [target])
                for name, value in zip(names, values, strict=False):
                    if isinstance(name, ast.Name) and getattr(value, "value", None) == text:
                        yield name.id


if __name__ == "__main__":
    try:
        print("\n".join(explain(Path(sys.argv[1]), *sys.argv[2:3])))
    except (OSError, ValueError) as error:
        sys.exit(f"mirage: {error}")
