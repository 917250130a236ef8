"""A config of any kind is accepted, or refused in one line that names the key."""

import math
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mirage
from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.settings import read_experiment, read_settings

EXPERIMENTS = Path(mirage.__file__).parents[2] / "config/experiments"
PRESETS = ("smoke", "quick", "default", "paper")
FILES = {
    path.relative_to(EXPERIMENTS.parent): yaml.safe_load(path.read_text())
    for folder in ("experiments", "presets", "studies")
    for path in (EXPERIMENTS.parent / folder).glob("*.yaml")
}
ABOVE = {"unet": "images", "line": "gaussian1d", "gaussian1d": "gaussian1d_gap"}
"""An experiment that builds on a file, where it is not gaussian2d_grid or the file's own."""
REFUSED = {"settings": 0, "experiments": 0}

FUZZ = settings(
    max_examples=900,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.sampled_from([0, -1, 0.5, 1.5, math.nan, math.inf, -math.inf, 1e300, "", "hal", "1e3"]),
    st.floats(),
    WORDS,
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def places(recipe: dict, path: tuple = ()) -> list[tuple]:
    """The path to every key of a recipe, and to one more in each section."""
    found = [(*path, "no such key")]
    for key, value in recipe.items():
        found.append((*path, key))
        if isinstance(value, dict):
            found += places(value, (*path, key))
    return found


def changed(recipe: dict, path: tuple, value) -> dict:
    """A recipe with one value replaced, its sections shared with nobody."""
    first, *rest = path
    return {**recipe, first: changed(recipe[first], rest, value) if rest else value}


def message_of(call, *args) -> str | None:
    """The complaint of a call, which must fit on a line; None if there is none."""
    try:
        call(*args)
    except ConfigError as error:
        message = str(error)
        assert message.isprintable(), "more than one line, or no text for a terminal"
        return message
    return None


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A copy of the config folder."""
    return shutil.copytree(EXPERIMENTS.parent, tmp_path_factory.mktemp("copied") / "config")


@FUZZ
@given(st.data())
def test_an_experiment_of_files_of_any_kind_is_accepted_or_told(copied, data):
    file = data.draw(st.sampled_from(sorted(FILES)))
    path = data.draw(st.sampled_from(places(FILES[file])))
    preset = data.draw(st.sampled_from(PRESETS))
    own = file.stem if file.parent.name == "experiments" else "gaussian2d_grid"
    experiment = copied / f"experiments/{ABOVE.get(file.stem, own)}.yaml"
    recipe = changed(FILES[file], path, data.draw(VALUES))
    original = (copied / file).read_text(encoding="utf-8")
    (copied / file).write_text(yaml.safe_dump(recipe, allow_unicode=True), encoding="utf-8")
    try:
        message = message_of(read_experiment, experiment, preset)
    finally:
        (copied / file).write_text(original, encoding="utf-8")
    if message is None:
        return
    REFUSED["experiments"] += 1
    told = (str(experiment), str(copied / file))
    assert message.startswith(told)
    named = [part for part in path if part not in ("presets", *PRESETS)]
    if path[0] in ("extends", "sizes", "studies"):
        return  # what is then missing is told
    rest = message.removeprefix(told[0]).removeprefix(told[1])
    # A value may break what another key says, which is then named: their section at least.
    assert any(str(part) in rest for part in named or path)


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from(["preset", "experiments", "seeds", "device"]) | WORDS, VALUES, max_size=4
    )
)
def test_settings_of_any_kind_are_accepted_or_told(config):
    config = {"experiments": ["gaussian1d"], **config}
    message = message_of(read_settings, config)
    if message is None:
        return
    REFUSED["settings"] += 1
    assert message.startswith("config: ")
    assert any(key in message or repr(key) in message for key in config)


@pytest.mark.parametrize("kind", REFUSED)
def test_many_were_refused(kind, tell):
    tell(f"{REFUSED[kind]} bad {kind} refused, each in a line")
    assert REFUSED[kind] >= 300
