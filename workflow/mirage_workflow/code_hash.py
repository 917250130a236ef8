"""Which code a job's numbers come from, as one hash: what Snakemake reruns a job by.

Of a script, the hash covers the file itself and the closure of its imports, wherever in a file
they stand, as far as they are ours: the library and this package. Of what is registered by a
name, ours or in a user's extension, it covers the files of those that the job's config names.
Comments, docstrings and layout do not count; every other change does. Where the engine is among
them, its C++ counts too, without its comments.

Syntax trees are written out by hand, as `ast.dump` and `ast.unparse` differ between versions
of Python; the hash is the same on 3.11, 3.12 and 3.13.
"""

import ast
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import mirage
import mirage_workflow

PACKAGES = {
    package.__name__: Path(package.__file__).resolve().parent
    for package in (mirage, mirage_workflow)
}
NO_NUMBERS = {
    PACKAGES["mirage"] / "__init__.py": "the face: modules import each other directly",
    PACKAGES["mirage_workflow"] / "makers.py": "rules, to be named where a file is damaged",
    PACKAGES["mirage_workflow"] / "code_hash.py": "asked by tests whether it foresaw a job",
}
"""Files that no number comes from, and why: they are in no closure."""
KERNEL, TEMPLATES = (".cpp", ".h"), (".html", ".js")
"""Files that count where a module of their folder does; the second kind as they are."""
REGISTERS = (PACKAGES["mirage"] / "datasets/known.py",)
"""Files that import all of a kind to register them: of these, jobs name what they need."""
SCOPES, FUNCTIONS = (ast.Module, ast.ClassDef), (ast.FunctionDef, ast.AsyncFunctionDef)
BY_NAME = ("abstractmethod", "cache", "cached_property", "contextmanager", "property")
"""Decorators of functions that run only where they are named."""
NO_FIELDS = ("kind", "type_comment", "type_ignores")
"""Of a syntax tree, what does not count."""


@cache
def code_of(script: Path, *extensions: Path) -> str:
    """The hash of a script's code, in hexadecimal; remembered, as many jobs share a script."""
    digest = hashlib.sha256()
    for path in closure(script, *extensions):
        digest.update(f"{_name(path)} {read(path)[0]}\n".encode())
    return digest.hexdigest()[:16]


@cache
def closure(*paths: Path) -> tuple[Path, ...]:
    """The files that some files' code is in: themselves, and all of ours that they import.

    What a function imports counts where its name is used in the code that counts.
    """
    found, used = {path.resolve() for path in paths}, set()
    while True:
        before = len(found), len(used)
        for part in [part for path in found for part in read(path)[1]]:
            if part.always or part.name in used:
                used |= part.uses
                found |= part.needs - NO_NUMBERS.keys()
        if (len(found), len(used)) == before:
            return tuple(sorted(found, key=_name))


def ran_of_ours() -> dict[Path, str]:
    """The modules loaded by now that are ours or a user's: file and name.

    Of what only registers itself, a job loads more than it runs: that is not among them.
    """
    left_out = {file for path in REGISTERS for file in path.parent.glob("*.py")} | set(NO_NUMBERS)
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    found = {Path(file).resolve(): name for name, file in files.items() if file}
    return {
        path: name
        for path, name in found.items()
        if path not in left_out and (_package(path) or name.startswith("mirage_extension_"))
    }


def unforeseen(ran: dict[Path, str], *paths: Path) -> list[str]:
    """The names of those modules that no closure of some files holds."""
    known = set(closure(*paths))
    return sorted(name for path, name in ran.items() if path not in known)


class Part(NamedTuple):
    """A function, a method, or what of a file stands in none."""

    name: str
    always: bool
    """Whether it runs without being named: at import, or by who knows its decorator."""
    uses: set[str]
    """Names in it, of variables, of attributes, and of what it imports."""
    needs: set[Path]
    """Files of ours that importing what it imports runs."""


@cache
def read(path: Path) -> tuple[str, list[Part]]:
    """The hash of what counts of a source file, and its parts."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in KERNEL:
        return hashlib.sha256(_without_comments(text).encode()).hexdigest(), []
    if path.suffix in TEMPLATES:
        return hashlib.sha256(text.encode()).hexdigest(), []
    tree = ast.parse(text, str(path))
    parts = [_part("", True, tree, path)]
    for node in _running(tree):
        for function in ast.iter_child_nodes(node) if isinstance(node, SCOPES) else ():
            if isinstance(function, FUNCTIONS):
                parts.append(_part(function.name, _always(function), function, path))
    if path in REGISTERS:
        parts = []
    elif _package(path):
        parts[0].needs.update(
            file for file in path.parent.iterdir() if file.suffix in KERNEL + TEMPLATES
        )
    return hashlib.sha256(written(tree).encode()).hexdigest(), parts


def _always(function: ast.FunctionDef) -> bool:
    decorators = {getattr(decorator, "id", None) for decorator in function.decorator_list}
    return function.name.startswith("__") or not decorators <= set(BY_NAME)


def _part(name: str, always: bool, tree: ast.AST, path: Path) -> Part:
    part = Part(name, always, set(), set())
    for node in _running(tree, within=bool(name)):
        if isinstance(node, ast.Name):
            part.uses.add(node.id)
        elif isinstance(node, ast.Attribute):
            part.uses.add(node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            part.uses.update(alias.name for alias in node.names)
        part.needs.update(file for module in _modules(node, path) for file in _files(module))
    return part


def _without_comments(text: str) -> str:
    return " ".join(re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).split())


def written(tree: object) -> str:
    """A syntax tree as text that is the same from every version of Python.

    Empty fields are left out, as versions differ in which there are.
    """
    if isinstance(tree, list):
        return f"[{','.join(written(part) for part in _without_docstrings(tree))}]"
    if not isinstance(tree, ast.AST):
        return ascii(tree)
    if isinstance(tree, ast.JoinedStr):
        return f"JoinedStr[{','.join(_parts(tree))}]"
    fields = [
        f"{name}={written(value)}"
        for name, value in ast.iter_fields(tree)
        if name not in NO_FIELDS and value is not None and value != []
    ]
    return f"{type(tree).__name__}({','.join(fields)})"


def _without_docstrings(parts: list) -> list:
    return [part for part in parts if not (isinstance(part, ast.Expr) and _is_text(part.value))]


def _parts(text: ast.JoinedStr) -> Iterator[str]:
    """An f-string's parts; how its constants are cut differs between versions."""
    constant = ""
    for part in text.values:
        if _is_text(part):
            constant += part.value
            continue
        if constant:
            yield ascii(constant)
        constant = ""
        yield written(part)
    if constant:
        yield ascii(constant)


def _is_text(node: object) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _modules(node: ast.AST, path: Path) -> Iterator[str]:
    """Names that a statement imports, and `package.name` of `from package import name`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parents = _name(path).removesuffix(".py").split("/")[: -node.level]
            base = ".".join([*parents, *filter(None, [base])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield f"{node.value.id}.{node.attr}"  # `mirage.Hal`, in a user's file


def _running(tree: ast.AST, within: bool = False) -> Iterator[ast.AST]:
    """The parts of a tree, but for what only a type checker reads.

    Args:
        within: also those in functions that stand in a module or in a class.
    """
    yield tree
    for child in ast.iter_child_nodes(tree):
        checked = isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"
        apart = isinstance(tree, SCOPES) and isinstance(child, FUNCTIONS)
        if not checked and (within or not apart):
            yield from _running(child, within)


@cache
def _files(name: str) -> list[Path]:
    """The files that importing a module or a name of ours runs; none for others'."""
    top, *rest = name.split(".")
    if top not in PACKAGES:
        return []
    if top == "mirage" and len(rest) == 1 and rest[0] in mirage._HOMES:
        return _files(f"mirage.{mirage._HOMES[rest[0]]}")
    files, place = [], PACKAGES[top]
    for part in ["", *rest]:
        place = place / part
        files += [
            file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()
        ]
    return files


def _package(path: Path) -> Path | None:
    return next((home for home in PACKAGES.values() if path.is_relative_to(home)), None)


def _name(path: Path) -> str:
    """A file's name, wherever the checkout lies: `mirage/diffusion.py`."""
    home = _package(path)
    return path.relative_to(home.parent).as_posix() if home else path.name


def named(told: object, places: dict[str, Path]) -> tuple[Path, ...]:
    """The files that register something which a job's config names.

    Args:
        told: what the job is told, as JSON has it.
        places: the file where each name was registered.
    """
    return tuple(sorted({places[word] for word in _words(told) if word in places}))


def _words(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        yield from told
        yield from _words(list(told.values()))
    elif isinstance(told, list | tuple):
        for part in told:
            yield from _words(part)


def as_text(told: dict) -> str:
    """What a job is told, as the one string by which Snakemake compares it."""
    return json.dumps(told, separators=(",", ":"), sort_keys=True)
