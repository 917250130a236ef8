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
KERNEL = (".cpp", ".h")
REGISTERS = (PACKAGES["mirage"] / "datasets/known.py",)
"""Files that import all of a kind to register them: of these, jobs name what they need."""
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
    """The files that some files' code is in: themselves, and all of ours that they import."""
    found, waiting = set(), [path.resolve() for path in paths]
    while waiting:
        path = waiting.pop()
        if path not in found and path not in NO_NUMBERS:
            found.add(path)
            waiting += read(path)[1] if path not in REGISTERS else ()
    return tuple(sorted(found, key=_name))


def ran_of_ours() -> dict[Path, str]:
    """The modules loaded by now that are ours or a user's: file and name."""
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    found = {Path(file).resolve(): name for name, file in files.items() if file}
    return {
        path: name
        for path, name in found.items()
        if name.startswith("mirage_extension_") or (_package(path) and path not in NO_NUMBERS)
    }


def unforeseen(ran: dict[Path, str], *paths: Path) -> list[str]:
    """The names of those modules that no closure of some files holds.

    Of what only registers itself, a job loads more than it runs: that is not told.
    """
    known = {*closure(*paths), *registered()}
    return sorted(name for path, name in ran.items() if path not in known)


def registered() -> set[Path]:
    """The files that REGISTERS import, and what these share."""
    return {file for path in REGISTERS for file in path.parent.glob("*.py")}


@cache
def read(path: Path) -> tuple[str, tuple[Path, ...]]:
    """The hash of what counts of a source file, and the files of ours that it needs.

    Those are what it imports, anywhere in it; of an engine also the kernel's sources.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix in KERNEL:
        words, needed = _without_comments(text), set()
    else:
        tree = ast.parse(text, str(path))
        words = written(tree)
        needed = {file for name in _modules(tree, path) for file in _files(name)}
        if _package(path):
            needed |= {file for file in path.parent.iterdir() if file.suffix in KERNEL}
    return hashlib.sha256(words.encode()).hexdigest(), tuple(needed)


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


def _modules(tree: ast.AST, path: Path) -> Iterator[str]:
    """Names that a file imports, and `package.name` of each `from package import name`."""
    for node in _running(tree):
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


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """All parts of a tree, but for what only a type checker reads."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield from _running(child)


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
