"""A name stands for one thing, and a mistake in a user's file is one line that says where."""

import numpy as np
import pandas as pd
import pytest
import torch

from mirage import registry
from mirage.diffusion import Schedule, reverse_steps, times_of
from mirage.filters import select
from mirage.registry import DATASETS, DETECTORS, FIGURES, FILTERS, METRICS, RegistryError, load
from mirage.samplers import Stream, sample

DRIFT = """
from mirage.registry import detector

@detector("drift")
class Drift:
    '''How far x0_hat moves.'''

    def update(self, x0_hat):
        self.first = getattr(self, "first", x0_hat)
        self.last = x0_hat

    def value(self):
        return (self.last - self.first).square().flatten(1).mean(1)
"""
NEAR = """
from mirage.registry import filter

@filter("near")
def near(scores, rng):
    return scores["distance"]
"""
REGISTRIES = (DATASETS, DETECTORS, FILTERS, METRICS, FIGURES)
SCORES = pd.DataFrame({"sample": range(4), "distance": [3.0, 1.0, 2.0, 0.0]})


@pytest.fixture(autouse=True)
def afterwards_as_before():
    kept = [(known, dict(known), dict(known.places)) for known in REGISTRIES]
    yield
    for known, things, places in kept:
        known.clear()
        known.update(things)
        known.places = places


@pytest.fixture
def own(tmp_path):
    """Loads a file of a user's own with the given text."""

    def write(text: str, name: str = tmp_path.name):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        load(path)
        return path

    return write


def drawn_by(detector: str) -> pd.DataFrame:
    steps = reverse_steps(Schedule.linear(), times_of(399, 10))
    parts = sample(lambda x, t: torch.zeros_like(x), steps, 5, Stream((2,)), [detector], [(0, 4)])
    return pd.concat(parts)


def test_a_detector_of_a_users_file_is_computed_while_drawing(own):
    own(DRIFT)
    assert DETECTORS.describe("drift") == "How far x0_hat moves."
    assert (drawn_by("drift")["drift_0_4"] > 0).all()


def test_a_filter_of_a_users_file_chooses(own):
    own(NEAR)
    rng = np.random.default_rng(0)
    assert select(SCORES, "near", 2, rng).tolist() == [1, 3]


def test_a_detector_of_a_users_file_is_a_filter_too(own):
    own(DRIFT)
    scores = SCORES.assign(drift=[4.0, 3.0, 2.0, 1.0])
    assert select(scores, "drift", 1, np.random.default_rng(0)).tolist() == [3]


def test_a_detector_may_have_options_with_defaults(own):
    own(DRIFT + "    def __init__(self, base=2, *more, **named): ...\n")
    assert (drawn_by("drift")["drift_0_4"] > 0).all()


def test_a_file_is_loaded_once(own):
    load(own(NEAR))
    assert "near" in FILTERS


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (NEAR.replace('"near"', '"random"'), 4, ["filter 'random' is taken by", "filters.py"]),
        (NEAR.replace('"near"', '"Near one"'), 4, ["filter 'Near one'", "small letters"]),
        (DRIFT.replace("def value", "def values"), 4, ["detector 'drift' has no value()"]),
        (
            DRIFT + "    def __init__(self, base=2, *, power): ...\n",
            4,
            ["detector 'drift' needs 'power' to be made; allowed: defaults alone"],
        ),
        ("import torchh\n" + NEAR, 1, ["ModuleNotFoundError", "torchh"]),
        (NEAR + "\n1 / 0\n", 8, ["ZeroDivisionError"]),
        (NEAR + "\ndef (:\n", 8, ["SyntaxError"]),
    ],
)
def test_a_mistake_is_told_in_a_line_with_file_and_line(own, tmp_path, text, line, words):
    with pytest.raises(RegistryError) as refusal:
        own(text)
    told = str(refusal.value)
    assert told.startswith(f"{tmp_path / tmp_path.name}.py:{line}: ")
    assert all(word in told for word in words)
    assert "\n" not in told


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RegistryError, match=r"none\.py:1: no such file"):
        load(tmp_path / "none.py")


def test_scores_of_a_wrong_shape_name_the_detector_and_its_place(own):
    path = own(DRIFT.replace(".flatten(1).mean(1)", ".flatten(1)"))
    with pytest.raises(RegistryError, match=r"scores of shape \[5, 2\] for 5 samples") as refusal:
        drawn_by("drift")
    assert str(refusal.value).startswith(f"{path}:4: detector 'drift'")


def test_too_few_keys_name_the_filter_and_its_place(own):
    path = own(NEAR.replace('["distance"]', '["distance"].head(3)'))
    with pytest.raises(RegistryError, match="gave 3 keys for 4 samples") as refusal:
        select(SCORES, "near", 2, np.random.default_rng(0))
    assert str(refusal.value).startswith(f"{path}:4: filter 'near'")


def test_what_comes_with_mirage_is_described():
    for known in (registry.DATASETS, registry.DETECTORS, registry.FILTERS):
        assert all(known.describe(name) for name in known)
