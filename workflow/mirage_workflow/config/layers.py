"""An experiment's recipe, laid together from the files that say parts of it.

From the bottom up: the sizes that it names (`config/presets`), its studies in their order
(`config/studies`), the experiment that it extends, its own file. First what each of them says of
every preset is laid over that of those below; then, in the same order, what each says of the one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from mirage_workflow.config.check import ConfigError, check, merge
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.section import Section, Unique, unknown

Preset = Literal["smoke", "quick", "default", "paper"]
OURS = Path(__file__).resolve().parents[3] / "config"
"""Where Mirage's own files are, which others may build on."""
FOLDERS = {"extends": "experiments", "sizes": "presets", "studies": "studies"}


class Origins(Section):
    """What an experiment is made from."""

    extends: str | None = None
    """Another experiment, all of which holds here but for what this file says."""
    sizes: str | None = None
    """A file of `config/presets`: the sizes of its kind of network; null for none. Inherited
    unless said."""
    studies: Unique[str] = []
    """Files of `config/studies`: what is asked beyond the experiment's own run. Inherited
    unless said."""


@dataclass(frozen=True)
class Layers:
    """What each file says of an experiment under a preset, the lowest layer first."""

    path: Path
    """The experiment's own file."""
    parts: list[tuple[Path, dict[str, Any]]]

    @property
    def recipe(self) -> dict[str, Any]:
        """All of it, later parts laid over earlier ones."""
        merged: dict[str, Any] = {}
        for _, part in self.parts:
            merged = merge(merged, part)
        return merged

    def said_in(self, key: list[str | int]) -> str:
        """The file that has the last word on a key, for an error; empty if the experiment's own."""
        for path, part in reversed(self.parts):
            if _says(part, key):
                return "" if path == self.path else f" (in {path})"
        return ""


@dataclass(frozen=True)
class _File:
    path: Path
    origins: Origins
    recipe: dict[str, Any]
    presets: dict[str, dict[str, Any]]


def read(path: Path, preset: Preset) -> Layers:
    """Read an experiment's file and all those that it builds on.

    Args:
        path: FOLDER/experiments/NAME.yaml. What it builds on is in FOLDER/experiments,
            FOLDER/presets and FOLDER/studies, or else among Mirage's own.

    Raises:
        ConfigError: for text that is not YAML, unknown sections and files that are not there.
    """
    experiments = _extended(path)
    studies = [_read(study) for study in _inherited(experiments, "studies")]
    sizes = [_read(size) for size in _inherited(experiments, "sizes")]
    changes = []
    files = [*experiments, *reversed(studies), *sizes]
    for file in files:  # from the top, as `like` is meant of all layers below
        change = dict(file.presets.get(preset, {}))
        where = f"{file.path}: presets.{preset}"
        like = change.pop("like", preset) if file in experiments else preset
        if like not in get_args(Preset):
            raise ConfigError(f"{where}.like: {unknown('preset', like, get_args(Preset))}")
        _require_known(change, where, ("like",) if file in experiments else ())
        changes.append((file.path, change))
        preset = like
    recipes = [(file.path, file.recipe) for file in files]
    return Layers(path, [*reversed(recipes), *reversed(changes)])


def _extended(path: Path) -> list[_File]:
    """An experiment's file, the one that it extends, the one that this extends, and so on."""
    files = [_read(path, Origins.model_fields)]
    while (name := files[-1].origins.extends) is not None:
        following = _named(files[-1].path, "extends", name)
        if following in [file.path for file in files]:
            circle = " -> ".join([*(file.path.stem for file in files), name])
            raise ConfigError(f"{path}: extends: a circle: {circle}")
        files.append(_read(following, Origins.model_fields))
    return files


def _inherited(experiments: list[_File], key: str) -> list[Path]:
    """The files that the first experiment names which says anything of the key."""
    for file in experiments:
        if key in file.origins.model_fields_set:
            said = getattr(file.origins, key) or []
            names = [said] if isinstance(said, str) else said
            return [_named(file.path, key, name) for name in names]
    return []


def _named(path: Path, key: str, name: str) -> Path:
    """The file that an experiment's key names, which must be there."""
    folders = (OURS / FOLDERS[key], path.parent.parent / FOLDERS[key])
    known = {file.stem: file for folder in folders for file in folder.glob("*.yaml")}
    if name not in known:
        raise ConfigError(f"{path}: {key}: {unknown('name', name, sorted(known))}")
    return known[name]


def _require_known(values: dict[str, Any], where: str, others: Iterable[str]) -> None:
    allowed = (*others, *Experiment.model_fields)
    for key in values:
        if key not in allowed:
            raise ConfigError(f"{where}: {unknown('key', key, allowed)}")


def _read(path: Path, origins: Iterable[str] = ()) -> _File:
    """Read one file, which may have the given keys beside an experiment's sections."""
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    presets = recipe.pop("presets", None) or {} if isinstance(recipe, dict) else {}
    if not isinstance(recipe, dict) or not isinstance(presets, dict):
        raise ConfigError(f"{path}: must be a mapping of sections, with `presets` as one of them")
    for name, change in presets.items():
        if name not in get_args(Preset):
            raise ConfigError(f"{path}: presets: {unknown('preset', name, get_args(Preset))}")
        if not isinstance(change, dict):
            raise ConfigError(f"{path}: presets.{name}: must be a mapping: found {change!r}")
    _require_known(recipe, str(path), (*origins, "presets"))
    said = {key: recipe.pop(key) for key in origins if key in recipe}
    return _File(path, check(Origins, said, str(path)), recipe, presets)


def _says(part: Any, key: list[str | int]) -> bool:
    for step in key:
        if not isinstance(part, dict):
            return True  # a value that says all that is in it
        if step not in part:
            return False
        part = part[step]
    return True
