import json
from pathlib import Path

import pytest
import yaml
from recipes import DIGITS, GRID, LINE, PHOTOS, SHAPES, complaint

import mirage
from mirage_workflow.config.check import merge
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.settings import (
    read_experiment,
    read_experiments,
    read_settings,
    sections_of,
)

EXPERIMENTS = Path(mirage.__file__).parents[2] / "config" / "experiments"
PRESETS = ("smoke", "quick", "default", "paper")


# --- config.yaml -------------------------------------------------------------------------------

WRONG_SETTINGS = {
    "unknown preset": ({"preset": "hugo"}, ["preset", "'hugo'", *PRESETS]),
    "unknown key": ({"presets": "smoke"}, ["'presets'", "did you mean 'preset'", "experiments"]),
    "no experiment": ({"experiments": []}, ["experiments", "at least 1"]),
    "a name for a list": ({"experiments": "mnist"}, ["experiments", "list", "'mnist'"]),
    "negative seed": ({"seeds": [0, -1]}, ["seeds.1", "-1"]),
    "no seed": ({"seeds": []}, ["seeds", "at least 1"]),
    "unknown device": ({"device": "tpu"}, ["device", "'tpu'", "auto", "cpu", "cuda"]),
}


@pytest.mark.parametrize("fault", WRONG_SETTINGS)
def test_a_wrong_setting_is_told_in_a_line_with_its_key(fault):
    settings, words = WRONG_SETTINGS[fault]
    message = complaint(read_settings, {"experiments": ["mnist"]} | settings)
    assert message.startswith("config: ")
    for word in words:
        assert word in message


def test_settings_have_a_preset_its_seeds_and_a_device_unless_told():
    settings = read_settings({"experiments": ["mnist"]})
    assert (settings.preset, settings.seeds, settings.device) == (
        "default",
        [0, 1, 2, 3, 4],
        "auto",
    )


@pytest.mark.parametrize(("preset", "seeds"), [("smoke", 1), ("quick", 1), ("paper", 5)])
def test_a_preset_has_as_many_seeds_as_it_can_afford(preset, seeds):
    settings = read_settings({"experiments": ["mnist"], "preset": preset, "seeds": None})
    assert settings.seeds == list(range(seeds))


def test_seeds_that_are_told_are_those_of_any_preset():
    assert read_settings({"experiments": ["mnist"], "seeds": [5, 2]}).seeds == [5, 2]


def test_without_a_word_on_experiments_all_of_the_config_file_are_run():
    said = yaml.safe_load((EXPERIMENTS.parent / "config.yaml").read_text())
    assert read_settings({}).experiments == said["experiments"]
    assert "experiments" in complaint(read_settings, {"experiments": []})


def test_an_unknown_experiment_is_told_with_those_there_are(written):
    folder = written(GRID, "one").parent
    written(GRID, "two")
    message = complaint(read_experiments, read_settings({"experiments": ["one", "tow"]}), folder)
    assert "experiments" in message
    assert "'tow'" in message
    assert "allowed: one, two" in message


def test_experiments_are_read_in_the_order_named(written):
    folder = written(GRID, "one").parent
    written(LINE, "two")
    experiments = read_experiments(read_settings({"experiments": ["two", "one"]}), folder)
    assert list(experiments) == ["two", "one"]
    assert experiments["two"].dataset.means == [1, 2, 3]


class TestFilesOfTheUser:
    @pytest.fixture
    def read(self, written, tmp_path, monkeypatch):
        """Reads a recipe from a working directory with one picture and one network in it."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos/a.png").touch()
        (tmp_path / "network.pt").touch()

        def read(change):
            folder = written(merge(PHOTOS, change), "mine").parent
            return read_experiments(read_settings({"experiments": ["mine"]}), folder)["mine"]

        return read

    def test_what_is_there_is_taken(self, read):
        assert read({"classifier": {"torchscript": "network.pt"}}).dataset.folder == "photos"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"dataset": {"folder": "phtos"}}, ["dataset.folder", "no such folder", "'phtos'"]),
            ({"dataset": {"folder": "."}}, ["dataset.folder", "no file"]),
            (
                {"classifier": {"torchscript": "net.pt"}},
                ["classifier.torchscript", "no such file", "'net.pt'"],
            ),
            ({"classifier": {"torchscript": "photos"}}, ["classifier.torchscript", "'photos'"]),
        ],
    )
    def test_what_is_missing_is_told_with_its_key_and_file(self, read, change, words):
        Path("photos/a.png").rename("photos/a.gif")
        Path("photos/b.png").touch()
        if change.get("dataset", {}).get("folder") == ".":
            Path("photos/b.png").unlink()
        message = complaint(read, change)
        assert all(word in message for word in ["mine.yaml", *words])

    def test_a_name_that_would_be_taken_for_a_wildcard_is_refused(self, read):
        Path("photos/{a}.png").touch()
        message = complaint(read, {})
        assert all(word in message for word in ("dataset", "{a}.png", "braces"))

    def test_an_experiment_that_is_not_asked_for_needs_none(self, written):
        folder = written(PHOTOS, "mine").parent
        written(GRID, "one")
        assert read_experiments(read_settings({"experiments": ["one"]}), folder)


# --- experiment files --------------------------------------------------------------------------


# --- limits that just work ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipe", "change"),
    [
        (GRID, {"sampling": {"steps": 50}, "detection": {"windows": [[0, 4], [0, 49]]}}),
        (GRID, {"recursion": {"generations": 1, "filters": ["hal"], "keep": 500}}),
        (GRID, {"recursion": {"filters": ["none", "random", "oracle", "hal"]}}),
        (GRID, {"recursion": {"generations": 1, "refitted": True, "keep": 500}}),
        (LINE, {"dataset": {"means": [1, 1.5, 2]}, "scoring": {"endpoint": False}}),
        (LINE, {"dataset": {"means": [1, 2, 3]}, "scoring": {"endpoint": True}}),
        (GRID, {"sampling": {"start": 999}}),
        (GRID, {"sampling": {"start": 399, "steps": 400}}),
        (
            GRID,
            {
                "sampling": {"start": 399},
                "training": {"time_focus": {"below": 400, "share": 1.0}},
            },
        ),
        (GRID, {"training": {"time_focus": {"below": 1000, "share": 0.9}}}),
        (DIGITS, {"network": {"channels": [8, 8, 8]}}),
        (SHAPES, {"recursion": {"generations": 1, "filters": ["oracle"], "keep": 500}}),
    ],
)
def test_a_recipe_at_its_limit_works(written, recipe, change):
    assert isinstance(read_experiment(written(merge(recipe, change)), "default"), Experiment)


@pytest.mark.parametrize(
    ("sampling", "start", "steps", "shards"),
    [
        ({"samples": 105_000}, 999, 1000, 2),
        ({"samples": 106_000, "start": 399}, 399, 400, 2),
        ({"samples": 106_001, "start": 399, "steps": 60}, 399, 60, 3),
        ({"samples": 1}, 999, 1000, 1),
    ],
)
def test_an_experiment_tells_its_start_steps_and_sampling_jobs(
    written, sampling, start, steps, shards
):
    recipe = GRID | {"sampling": sampling, "compute": {"shard_size": 53_000}}
    experiment = read_experiment(written(recipe), "default")
    assert (experiment.start, experiment.reverse_steps, experiment.shards) == (start, steps, shards)


@pytest.mark.parametrize(
    ("recipe", "shape"),
    [(LINE, (1,)), (GRID, (2,)), (DIGITS, (1, 28, 28)), (SHAPES, (1, 64, 64))],
    ids=str,
)
def test_an_experiment_tells_the_shape_of_its_samples(written, recipe, shape):
    assert read_experiment(written(recipe), "default").dataset.shape == shape


# --- presets -----------------------------------------------------------------------------------


def test_a_preset_changes_what_it_names_and_nothing_else(written):
    presets = {"smoke": {"training": {"updates": 7}, "dataset": {"heldout": 3}}}
    path = written(GRID | {"presets": presets})
    smoke, default = (read_experiment(path, preset) for preset in ("smoke", "default"))
    assert (smoke.training.updates, smoke.training.batch_size) == (7, 50)
    assert (smoke.dataset.heldout, smoke.dataset.samples) == (3, 1000)
    assert (default.training.updates, default.dataset.heldout) == (100, 100)
    assert smoke.sampling == default.sampling


def test_a_preset_replaces_lists_whole_and_may_clear_a_value(written):
    recipe = merge(LINE, {"training": {"ema_decay": 0.9}})
    presets = {"quick": {"dataset": {"means": [4, 5]}, "training": {"ema_decay": None}}}
    quick = read_experiment(written(recipe | {"presets": presets}), "quick")
    assert quick.dataset.means == [4, 5]
    assert quick.training.ema_decay is None


def test_a_preset_that_is_not_described_leaves_the_recipe_as_it_is(written):
    path = written(GRID | {"presets": {"smoke": {"training": {"updates": 7}}}})
    assert read_experiment(path, "paper") == read_experiment(written(GRID), "default")


@pytest.mark.parametrize("presets", [None, {}])
def test_a_file_need_not_have_presets(written, presets):
    assert read_experiment(written(GRID | {"presets": presets}), "smoke").training.updates == 100


def test_presets_of_an_unknown_name_are_told(written):
    path = written(GRID | {"presets": {"papper": {}}})
    message = complaint(read_experiment, path, "default")
    assert message.startswith(f"{path}: presets: unknown preset 'papper'")
    assert "allowed: smoke, quick, default, paper" in message


@pytest.mark.parametrize("preset", [[1], "fast", None])
def test_a_preset_that_is_no_mapping_is_told(written, preset):
    path = written(GRID | {"presets": {"smoke": preset}})
    assert complaint(read_experiment, path, "default").startswith(f"{path}: presets.smoke: ")


def test_a_fault_in_a_preset_is_told_with_the_presets_name(written):
    path = written(GRID | {"presets": {"smoke": {"training": {"updates": -7}}}})
    assert read_experiment(path, "default").training.updates == 100
    message = complaint(read_experiment, path, "smoke")
    assert "preset smoke" in message
    assert "training.updates" in message
    assert "-7" in message


def test_merging_leaves_both_sides_as_they_were():
    base, override = {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "e": {"f": 4}}
    assert merge(base, override) == {"a": {"b": 9, "c": 2}, "d": 3, "e": {"f": 4}}
    assert base == {"a": {"b": 1, "c": 2}, "d": 3}
    assert override == {"a": {"b": 9}, "e": {"f": 4}}


# --- the experiments that come with the pipeline -----------------------------------------------


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("path", sorted(EXPERIMENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_experiment_works_with_every_preset(path, preset):
    experiment = read_experiment(path, preset)
    assert experiment.sampling.samples >= (experiment.recursion.keep or 0)


def test_there_are_experiments_to_check():
    names = {path.stem for path in EXPERIMENTS.glob("*.yaml")}
    assert {"gaussian1d", "gaussian1d_gap", "gaussian2d_grid", "gaussian2d_rotated"} <= names


@pytest.mark.parametrize("preset", PRESETS)
def test_shapes_many_has_the_models_of_shapes(preset):
    """Else what is told of generation 0 of the one says nothing of the other's."""
    one, many = (
        read_experiment(EXPERIMENTS / f"{name}.yaml", preset).model_dump()
        for name in ("shapes", "shapes_many")
    )
    differ = {section for section in one if one[section] != many[section]}
    assert differ <= {"sampling", "recursion", "following", "handover"}
    assert one["sampling"] | {"samples": many["sampling"]["samples"]} == many["sampling"]


def test_the_paper_preset_of_the_grid_is_the_official_recipe():
    paper = read_experiment(EXPERIMENTS / "gaussian2d_grid.yaml", "paper")
    diffusion, training, recursion = paper.diffusion, paper.training, paper.recursion
    assert (diffusion.timesteps, diffusion.beta_start, diffusion.beta_end) == (1000, 0.001, 0.2)
    assert (training.updates, training.batch_size, training.learning_rate) == (
        100_000,
        10_000,
        1e-3,
    )
    assert training.learning_rate_schedule == "constant"
    assert training.ema_decay is training.time_focus is None
    assert (paper.network.width, paper.network.layers, paper.network.tied) == (128, 3, True)
    assert (paper.sampling.samples, recursion.keep, paper.start) == (102_500, 100_000, 999)
    assert paper.scoring.window == (0, 9)


def test_the_config_that_comes_with_the_pipeline_works():
    shipped = yaml.safe_load((EXPERIMENTS.parent / "config.yaml").read_text())
    settings = read_settings(shipped)
    assert list(read_experiments(settings, EXPERIMENTS)) == settings.experiments


# --- sections for jobs -------------------------------------------------------------------------


def test_a_job_is_given_the_sections_it_uses_and_no_others(written):
    experiment = read_experiment(written(GRID), "default")
    given = json.loads(json.dumps(sections_of(experiment, "training", "dataset")))
    assert set(given) == {"training", "dataset"}
    assert given["training"]["updates"] == 100


def test_a_section_is_the_same_whatever_else_the_experiment_says(written):
    first = read_experiment(written(GRID, "one"), "default")
    second = read_experiment(written(merge(GRID, {"sampling": {"eta": 1.0}}), "two"), "default")
    assert sections_of(first, "dataset") == sections_of(second, "dataset")
    assert sections_of(first, "sampling") != sections_of(second, "sampling")


def test_settings_cannot_be_changed_once_read(written):
    experiment = read_experiment(written(GRID), "default")
    with pytest.raises(ValueError, match="frozen"):
        experiment.training.updates = 5
