"""A dataset is one class: its options, its checks and all that is asked of it come from there."""

import re
from pathlib import Path

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

import mirage_workflow
from mirage.datasets.base import labels_of, real_samples
from mirage.figures import own as figures
from mirage.metrics import own as metrics
from mirage.metrics.rows import Row
from mirage.registry import DATASETS, FIGURES, METRICS, RegistryError, blame, load
from mirage_workflow.config import datasets
from mirage_workflow.config.check import ConfigError, check
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.schemas.scores import truth_schema

WORKFLOW = Path(mirage_workflow.__file__).parents[1]
RING = """
import numpy as np
from mirage.datasets.gaussians import Mixture
from mirage.registry import dataset, option

@dataset("ring")
class Ring(Mixture):
    number: int = option(8, at_least=2, doc="How many modes.")

    def modes(self):
        angles = 2 * np.pi * np.arange(self.number) / self.number
        return np.stack([np.cos(angles), np.sin(angles)], 1)
"""
MOONS = """
import numpy as np
from mirage.datasets.base import Distribution
from mirage.registry import dataset

@dataset("moons")
class Moons(Distribution):
    shape = (2,)
    label_columns = {"label": "string"}

    def draw(self, n, rng):
        return rng.normal(size=(n, 2)), np.arange(n) % 2

    def label(self, samples, radius, tables):
        return {"label": np.where(samples[:, 0] > 0, "valid", "left")}
"""
RECIPE = {
    "network": {"name": "mlp"},
    "training": {"updates": 100, "batch_size": 50},
    "sampling": {"samples": 500},
}
SIZES = {"samples": 100, "heldout": 10}


@pytest.fixture(autouse=True)
def afterwards_as_before():
    kept = [(known, dict(known), dict(known.places)) for known in (DATASETS, METRICS, FIGURES)]
    yield
    for known, things, places in kept:
        known.clear()
        known.update(things)
        known.places = places


@pytest.fixture
def own(tmp_path):
    """Loads a file of a user's own with the given text."""

    def write(text: str) -> Path:
        path = tmp_path / f"{tmp_path.name}.py"
        path.write_text(text)
        load(path)
        return path

    return write


def read(name: str, **values):
    """An experiment's dataset, by its name and options."""
    recipe = RECIPE | {"dataset": {"name": name, **SIZES, **values}}
    return check(Experiment, recipe, "my.yaml").dataset


def complaint(call, *args, **values) -> str:
    with pytest.raises((ConfigError, RegistryError)) as refusal:
        call(*args, **values)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


class TestOptions:
    def test_of_a_class_are_those_of_the_config(self, own):
        own(RING)
        ring = read("ring", number=5, std=0.05)
        assert (ring.number, ring.std, ring.imbalance, ring.samples) == (5, 0.05, 1.0, 100)
        assert ring.mixture.means.shape == (5, 2)
        assert datasets.write(ring) == {
            "name": "ring",
            **SIZES,
            "std": 0.05,
            "imbalance": 1.0,
            "number": 5,
        }

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"number": 1}, ["dataset.number", "greater than or equal to 2", "found 1"]),
            ({"number": "many"}, ["dataset.number", "integer", "'many'"]),
            ({"numbr": 5}, ["dataset: unknown key 'numbr' (did you mean 'number'?)", "std"]),
            ({"std": 0}, ["dataset.std", "greater than 0"]),
        ],
        ids=["below its bound", "of another type", "misspelt", "of its base class"],
    )
    def test_that_cannot_be_are_told_with_file_and_key(self, own, values, words):
        own(RING)
        message = complaint(read, "ring", **values)
        assert message.startswith("my.yaml: dataset")
        assert all(word in message for word in words)

    def test_of_all_that_comes_with_mirage_are_described(self):
        for kind in DATASETS.values():
            for name, option in datasets.section(kind).model_fields.items():
                assert name == "name" or option.description, (kind, name)

    def test_that_are_lists_are_no_others(self, own):
        own(RING.replace("number: int = option(8, at_least=2", "number: list[int] = option([8]"))
        one, other = (DATASETS["ring"](**SIZES) for _ in range(2))
        assert one.number == other.number == [8]
        assert one.number is not other.number


class TestOwn:
    def test_mixture_is_sampled_labelled_and_measured_as_those_that_come_with_mirage(self, own):
        own(RING)
        ring = read("ring", std=0.03)
        (samples, modes), (heldout, _) = real_samples(ring, seed=0)
        assert (samples.shape, heldout.shape) == ((100, 2), (10, 2))
        np.testing.assert_allclose(samples, ring.mixture.means[modes], atol=0.3)
        labels = labels_of(ring, samples, 5.0, {})
        truth_schema(ring.label_columns).field("mode")
        assert set(labels["label"]) == {"valid"}
        rows = {row.metric: row.value for row in ring.measure([labels], [], 5.0, {})}
        assert rows["modes_covered"] == 8
        assert {"samples", "roc", "trajectories"} <= set(ring.figures)

    def test_dataset_that_only_labels_has_rates_and_curves(self, own):
        own(MOONS)
        moons = read("moons")
        scores = labels_of(moons, np.array([[1.0, 0], [-1, 0], [-2, 0]], np.float32), 5.0, {})
        rows = {row.metric: row.value for row in moons.measure([scores[:1], scores[1:]], [], 5, {})}
        assert rows == {"hallucination_rate": 2 / 3, "left_rate": 2 / 3}
        assert (moons.figures, moons.needs) == (("hal_histogram", "roc"), ())
        assert moons.later_figures == ("rate_by_generation",)

    def test_pictures_without_labels_are_compared_with_real_ones(self, own):
        text = MOONS.replace("(2,)", "(1, 8, 8)").replace('{"label": "string"}', "{}")
        own(text)
        moons = DATASETS["moons"](**SIZES)
        assert moons.needs == ("reference",)
        assert moons.figures == (
            "trajectories",
            "hal_histogram",
            "gallery",
            "hal_sheet",
            "embedding",
        )
        assert moons.later_figures == ("quality_by_generation",)
        assert moons.measure([], [], 5.0, {}) == []


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "line", "words"),
        [
            (RING.replace("def modes", "def mods"), 6, "dataset 'ring' has no modes()"),
            (MOONS.replace("def draw", "def drew"), 6, "dataset 'moons' has no draw()"),
            (MOONS.replace("    shape = (2,)\n", ""), 6, "dataset 'moons' has no shape()"),
            (MOONS.replace("(Distribution)", ""), 6, "dataset 'moons' has no sample()"),
            (RING.replace('"ring"', '"mnist"'), 6, "dataset 'mnist' is taken by"),
            (RING.replace("number: int", "number"), 6, "no type annotation"),
        ],
        ids=["modes", "draw", "shape", "base", "taken", "annotation"],
    )
    def test_in_a_class_are_told_when_it_is_registered(self, own, tmp_path, text, line, words):
        message = complaint(own, text)
        assert message.startswith(f"{tmp_path / tmp_path.name}.py:{line}: ")
        assert words in message

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (RING.replace("at_least", "atleast"), [":6: ", "no bound 'atleast'", "at_least"]),
            (RING.replace("], 1)", "], 1)[0, 0]"), [":6: ", "has shape (); allowed: (d,)"]),
            (RING.replace("np.pi", "np.pie"), [":11: ", "AttributeError", "pie"]),
            (
                RING.replace("return np", "raise ValueError('odd') or np"),
                [":12: ", "ValueError: odd"],
            ),
            (RING + "    needs = ('counters',)\n", [":6: ", "needs 'counters'", "counter, audit"]),
        ],
        ids=["bound", "shape", "attribute", "value", "need"],
    )
    def test_in_what_it_says_of_itself_are_told_when_the_config_is_read(self, own, text, words):
        path = own(text)
        message = complaint(read, "ring")
        assert message.startswith(f"my.yaml: dataset: {path}")
        assert all(word in message for word in words)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (MOONS.replace("size=(n, 2)", "size=(n, 3)"), "samples of shape (3,); its shape is"),
            (MOONS.replace("arange(n) % 2", "arange(3)"), "labels of shape (3,) for 100 samples"),
        ],
        ids=["samples", "labels"],
    )
    def test_in_its_samples_name_its_place(self, own, text, words):
        path = own(text)
        message = complaint(real_samples, DATASETS["moons"](**SIZES), 0)
        assert message.startswith(f"{path}:6: dataset 'moons' gave ")
        assert words in message

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (MOONS.replace('return {"label"', 'return {"lable"'), "gave ['lable']; label_columns"),
            (MOONS.replace("samples[:, 0] > 0", "samples[1:, 0] > 0"), "4 rows for 5 samples"),
            (MOONS.replace('return {"label"', 'return 5 or {"label"'), "gave no frame"),
        ],
        ids=["columns", "rows", "no frame"],
    )
    def test_in_its_labels_name_its_place(self, own, text, words):
        path = own(text)
        moons = DATASETS["moons"](**SIZES)
        message = complaint(labels_of, moons, np.zeros((5, 2), np.float32), 5.0, {})
        assert message.startswith(f"{path}:6: dataset 'moons' label() gave ")
        assert words in message

    def test_that_raise_are_blamed_on_the_line_of_the_users_file(self, own):
        path = own(MOONS.replace("        return rng", "        import torchh\n        return rng"))
        with pytest.raises(ModuleNotFoundError) as raised:
            real_samples(DATASETS["moons"](**SIZES), 0)
        assert blame(raised.value) == f"{path}:12: ModuleNotFoundError: No module named 'torchh'"
        assert blame(KeyError("elsewhere")) is None


class TestMetric:
    def give(self, own, given: str) -> list[Row]:
        own(f"""
from mirage.metrics.rows import Row, rate
from mirage.registry import metric

@metric("spread")
def spread(samples, scores):
    return {given}
""")
        return metrics.measure(["spread"], np.ones((4, 2)), pd.DataFrame({"hal": [1.0] * 4}))

    def test_gives_a_number_a_row_or_rows(self, own):
        assert self.give(own, "samples.sum()") == [Row("spread", 8.0, 4)]

    def test_gives_rows_of_its_own(self, own):
        half, last = self.give(own, "[rate('half', 1, 2), Row('last', scores['hal'].max(), 1)]")
        assert (half.metric, half.value, last) == ("half", 0.5, Row("last", 1.0, 1))

    @pytest.mark.parametrize("given", ["'much'", "None", "[1.0]"])
    def test_that_gives_neither_is_named_with_its_place(self, own, tmp_path, given):
        message = complaint(self.give, own, given)
        assert message.startswith(f"{tmp_path / tmp_path.name}.py:5: metric 'spread' gave ")


class TestFigure:
    FIGURE = """
from mirage.registry import figure

@figure("spread")
def spread(metrics, scores):
    from matplotlib.figure import Figure
    return Figure()
"""

    def test_asks_for_tables_by_its_arguments(self, own):
        own(self.FIGURE)
        assert figures.arguments("spread") == ["metrics", "scores"]
        shown = figures.plot("spread", {"metrics": None, "scores": None})
        assert isinstance(shown, matplotlib.figure.Figure)

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            ("(metrics,", "(metricz,", "asks for table 'metricz'; allowed: metrics, summary"),
            ('"spread"', '"roc"', "figure 'roc' is taken by"),
        ],
        ids=["table", "taken"],
    )
    def test_that_cannot_be_is_refused_with_its_place(self, own, tmp_path, before, after, words):
        def use():
            own(self.FIGURE.replace(before, after))
            check(
                Experiment,
                RECIPE | {"dataset": {"name": "gaussian2d_grid", **SIZES}, "figures": ["spread"]},
                "my.yaml",
            )

        message = complaint(use)
        assert f"{tmp_path / tmp_path.name}.py:4: " in message
        assert words in message

    def test_that_gives_none_is_named(self, own):
        path = own(self.FIGURE.replace("return Figure()", "Figure()"))
        message = complaint(figures.plot, "spread", {"metrics": None, "scores": None})
        assert message.startswith(f"{path}:4: figure 'spread' gave None")


SOURCES = sorted(path for path in WORKFLOW.rglob("*") if path.suffix in (".py", ".smk"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(WORKFLOW)))
def test_the_pipeline_never_asks_for_the_type_of_a_dataset(path):
    text = path.read_text()
    kinds = "|".join(kind.__name__ for kind in DATASETS.values())
    assert not re.search(
        rf"isinstance\([^)]*dataset|dataset\.name [!=]=|import .*\b({kinds})\b", text
    )
