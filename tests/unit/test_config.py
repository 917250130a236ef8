import json
from pathlib import Path

import pytest
import yaml

import mirage
from mirage_workflow.config.check import ConfigError, merge
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.settings import (
    read_experiment,
    read_experiments,
    read_settings,
    sections_of,
)

EXPERIMENTS = Path(mirage.__file__).parents[2] / "config" / "experiments"
PRESETS = ("smoke", "quick", "default", "paper")

GRID = {
    "dataset": {"name": "gaussian2d_grid", "samples": 1000, "heldout": 100},
    "network": {"name": "mlp"},
    "training": {"updates": 100, "batch_size": 50},
    "sampling": {"samples": 500},
}
LINE = merge(GRID, {"dataset": {"name": "gaussian1d", "means": [1, 2, 3]}})
DIGITS = GRID | {
    "dataset": {"name": "mnist", "samples": 1000, "heldout": 100},
    "network": {"name": "unet"},
}
SHAPES = DIGITS | {"dataset": {"name": "shapes", "samples": 1000, "heldout": 100}}
UNSEEN = DIGITS | {"dataset": {"name": "unseen", "sample_shape": [1, 16, 16]}}


@pytest.fixture
def written(tmp_path):
    """Writes a recipe as an experiment file."""

    def write(recipe, name="trial") -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(recipe if isinstance(recipe, str) else yaml.safe_dump(recipe))
        return path

    return write


def complaint(call, *args) -> str:
    """The error of a call, which must fit on a line."""
    with pytest.raises(ConfigError) as caught:
        call(*args)
    message = str(caught.value)
    assert "\n" not in message
    return message


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


PHOTOS = merge(DIGITS, {"dataset": {"name": "images", "folder": "photos"}})
del PHOTOS["dataset"]["heldout"]


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

WRONG = {
    "a path longer than the trajectory": (
        DIGITS,
        {"sampling": {"steps": 50}, "trajectories": {"steps": 51}},
        ["trajectories.steps", "50 steps", "found 51"],
    ),
    "an embedding at a time that does not exist": (
        DIGITS,
        {"embedding": {"t": 1000}},
        ["embedding.t", "below timesteps", "1000"],
    ),
    "pictures too small": (PHOTOS, {"dataset": {"image_size": 4}}, ["dataset.image_size", "8"]),
    "pictures of an odd size": (
        PHOTOS,
        {"dataset": {"image_size": 30}},
        ["dataset.image_size", "multiple of 4", "30"],
    ),
    "all pictures held out": (
        PHOTOS,
        {"dataset": {"heldout_share": 1}},
        ["dataset.heldout_share", "less than 1"],
    ),
    "a training followed beyond its end": (
        PHOTOS,
        {"following": {"updates": [10, 10_000], "samples": 50}},
        ["following.updates", "found 10000"],
    ),
    "what a training is not followed for": (
        UNSEEN,
        {"following": {"updates": [10], "samples": 50}},
        ["following", "true labels", "real ones", "unseen"],
    ),
    "no folder": (PHOTOS, {"dataset": {"folder": ""}}, ["dataset.folder", "at least 1"]),
    "an oracle of your own pictures": (
        PHOTOS,
        {"recursion": {"generations": 1, "filters": ["oracle"], "keep": 5}},
        ["recursion.filters", "'oracle'", "images"],
    ),
    "v where no signal is left": (
        PHOTOS,
        {"network": {"prediction": "v_prediction"}, "diffusion": {"beta_end": 0.2}},
        ["network.prediction", "1e-06", "diffusion.beta_end"],
    ),
    "a detector's filter without its detector": (
        PHOTOS,
        {"recursion": {"generations": 1, "filters": ["hal_moving"], "keep": 5}},
        ["recursion.filters", "'hal_moving'", "detection.detectors"],
    ),
    "unknown section": (GRID, {"trainin": {}}, ["'trainin'", "did you mean 'training'"]),
    "unknown key": (GRID, {"training": {"updtes": 5}}, ["training", "'updtes'", "'updates'"]),
    "unknown key of a dataset": (GRID, {"dataset": {"sample": 5}}, ["dataset", "'samples'"]),
    "unknown key of a network": (GRID, {"network": {"with": 64}}, ["network", "'width'"]),
    "unknown key like no other": (GRID, {"sampling": {"zzz": 1}}, ["sampling", "'zzz'", "eta"]),
    "unknown dataset": (
        GRID,
        {"dataset": {"name": "moons"}},
        ["dataset: unknown dataset 'moons'", "gaussian1d", "mnist"],
    ),
    "a dataset without a name": (
        {key: value for key, value in GRID.items() if key != "dataset"},
        {"dataset": {"samples": 5}},
        ["dataset", "must be a mapping with `name`", "{'samples': 5}"],
    ),
    "a dataset that is called by a list": (
        GRID,
        {"dataset": {"name": ["mnist"]}},
        ["dataset: unknown dataset ['mnist']", "allowed: "],
    ),
    "an unknown metric": (
        GRID,
        {"metrics": ["spred"]},
        ["metrics.0: unknown metric 'spred'", "no extension"],
    ),
    "an unknown figure": (
        GRID,
        {"figures": ["spred"]},
        ["figures.0: unknown figure 'spred'", "no extension"],
    ),
    "unknown network": (
        GRID,
        {"network": {"name": "cnn"}},
        ["network", "'cnn'", "'mlp'", "'unet'"],
    ),
    "unknown detector": (
        GRID,
        {"detection": {"detectors": ["hall"]}},
        ["detection.detectors", "'hall'", "allowed: hal"],
    ),
    "unknown filter": (
        GRID,
        {"recursion": {"filters": ["hall"]}},
        ["recursion", "filters", "'hall'", "random", "oracle"],
    ),
    "a filter named twice": (
        GRID,
        {"recursion": {"filters": ["hal", "hal"]}},
        ["recursion", "filters", "once"],
    ),
    "a threshold of no detector": (
        GRID,
        {"recursion": {"thresholds": {"oracle": 0.5}}},
        ["recursion", "thresholds", "'oracle'", "allowed: hal"],
    ),
    "a size that shapes are not drawn at": (
        SHAPES,
        {"dataset": {"image_size": 48}},
        ["dataset.image_size", "32", "64", "48"],
    ),
    "shapes that are never there": (
        SHAPES,
        {"dataset": {"presence": 0}},
        ["dataset.presence", "greater than 0"],
    ),
    "objects of points": (
        GRID,
        {"detection": {"detectors": ["hal", "hal_objects"]}},
        ["detection.detectors", "'hal_objects' is of pictures", "gaussian2d_grid"],
    ),
    "a training that is followed beyond its end": (
        SHAPES,
        {"following": {"updates": [50, 200], "samples": 10}},
        ["following.updates", "100 updates", "200"],
    ),
    "a film strip of steps that are not kept": (
        SHAPES,
        {"trajectories": {"steps": 20, "window": [10, 20]}},
        ["trajectories.window", "[10, 20]", "20 steps kept"],
    ),
    "a filter that is decided and only shown": (
        SHAPES,
        {"recursion": {"filters": ["hal"], "shown": ["none", "hal"]}},
        ["recursion", "shown", "'hal'", "in one of the two"],
    ),
    "an oracle that is only shown, without labels": (
        DIGITS,
        {"recursion": {"shown": ["oracle"]}},
        ["recursion.filters", "'oracle'", "mnist"],
    ),
    "a counter calibrated on nothing": (
        SHAPES,
        {"counter": {"calibration": 0}},
        ["counter.calibration", "0"],
    ),
    "haze that hides what is white": (SHAPES, {"counter": {"haze": 0.5}}, ["counter.haze", "0.5"]),
    "a missing count": (GRID, {"training": {"updates": None}}, ["training.updates", "None"]),
    "a negative count": (GRID, {"dataset": {"samples": -3}}, ["dataset", "samples", "-3"]),
    "a count of zero": (GRID, {"sampling": {"samples": 0}}, ["sampling.samples", "0"]),
    "half a count": (GRID, {"training": {"updates": 2.5}}, ["training.updates", "2.5"]),
    "a word for a number": (
        GRID,
        {"training": {"learning_rate": "fast\nest"}},
        ["training.learning_rate", "fast"],
    ),
    "a number for a section": (GRID, {"training": 5}, ["training", "5"]),
    "an average that never forgets": (
        GRID,
        {"training": {"ema_decay": 1.0}},
        ["training.ema_decay", "1.0"],
    ),
    "an odd width": (GRID, {"network": {"width": 65}}, ["network", "width", "65"]),
    "two modes in one place": (LINE, {"dataset": {"means": [1, 2, 1]}}, ["dataset", "means"]),
    "one mode": (LINE, {"dataset": {"means": [1]}}, ["dataset", "means", "at least 2"]),
    "a window of one step": (
        GRID,
        {"detection": {"windows": [[0, 4], [5, 5]]}},
        ["detection", "windows", "T1 must be below T2", "[5, 5]"],
    ),
    "a window that runs backwards": (
        GRID,
        {"detection": {"windows": [[0, 4], [9, 2]]}},
        ["detection", "windows", "T1 must be below T2", "[9, 2]"],
    ),
    "a window of three numbers": (
        GRID,
        {"detection": {"windows": [[0, 4, 9]]}},
        ["detection.windows.0", "[0, 4, 9]"],
    ),
    "modes too close to tell where samples ended": (
        LINE,
        {"dataset": {"means": [1, 1.5, 2]}},
        ["scoring.endpoint", "10 std apart", "it takes 20 std", "endpoint: false"],
    ),
    "a window longer than the trajectory": (
        GRID,
        {"sampling": {"steps": 50}, "detection": {"windows": [[0, 4], [0, 50]]}},
        ["detection.windows", "[0, 50]", "50 steps", "at most 49"],
    ),
    "a score over no window": (
        GRID,
        {"scoring": {"window": [0, 7]}},
        ["scoring.window", "[0, 7]", "allowed: [0, 2], [0, 4]"],
    ),
    "more kept than drawn": (
        GRID,
        {"recursion": {"keep": 501}},
        ["recursion.keep", "501", "sampling.samples is 500"],
    ),
    "generations without a filter": (
        GRID,
        {"recursion": {"generations": 2, "keep": 400}},
        ["recursion", "2 generations", "filters"],
    ),
    "the control among the filters": (
        GRID,
        {"recursion": {"generations": 1, "filters": ["refitted"], "keep": 400}},
        ["recursion", "filters: 'refitted' is no filter", "allowed: `refitted: true`"],
    ),
    "a mixture refitted to pictures": (
        SHAPES,
        {"recursion": {"generations": 1, "filters": ["hal"], "refitted": True, "keep": 400}},
        ["recursion.refitted", "only of a mixture", "shapes"],
    ),
    "generations that keep nothing": (
        GRID,
        {"recursion": {"generations": 2, "filters": ["hal"]}},
        ["recursion", "2 generations", "keep"],
    ),
    "an oracle without labels": (
        DIGITS,
        {"recursion": {"filters": ["oracle"]}},
        ["recursion.filters", "'oracle'", "mnist"],
    ),
    "labels by eye beside true ones": (
        SHAPES,
        {"labels": "labels.csv"},
        ["labels", "shapes has true ones", "allowed: none by eye"],
    ),
    "labels of three people": (
        DIGITS,
        {"labels": ["a.csv", "b.csv", "c.csv"]},
        ["labels", "at most 2"],
    ),
    "one person's labels twice": (DIGITS, {"labels": ["a.csv", "a.csv"]}, ["labels", "once"]),
    "an oracle of samples that nobody has labelled": (
        DIGITS,
        {
            "labels": "labels.csv",
            "replicates": 1,
            "recursion": {"generations": 2, "filters": ["oracle"], "keep": 5},
        },
        ["recursion.filters", "'oracle'", "found 2 generations", "allowed: 1 and 1"],
    ),
    "a network for pictures on points": (
        GRID,
        {"network": {"name": "unet"}},
        ["network.name", "gaussian2d_grid needs 'mlp'", "'unet'"],
    ),
    "a network for points on pictures": (
        DIGITS,
        {"network": {"name": "mlp"}},
        ["network.name", "mnist needs 'unet'", "'mlp'"],
    ),
    "pictures too small for the network": (
        DIGITS,
        {"network": {"channels": [8, 8, 8, 8]}},
        ["network.channels", "28 pixels", "3 times"],
    ),
    "a start beyond the last time": (
        GRID,
        {"sampling": {"start": 1000}},
        ["sampling.start", "1000"],
    ),
    "more steps than times": (
        GRID,
        {"sampling": {"start": 399, "steps": 401}},
        ["sampling.steps", "at most 400", "401"],
    ),
    "a start that is never trained": (
        GRID,
        {
            "sampling": {"start": 400},
            "training": {"time_focus": {"below": 400, "share": 1.0}},
        },
        ["sampling.start", "400", "never trained", "training.time_focus"],
    ),
    "a focus on times there are not": (
        GRID,
        {"training": {"time_focus": {"below": 1001, "share": 0.5}}},
        ["training.time_focus.below", "at most 1000", "1001"],
    ),
    "shards that cut a block": (
        GRID,
        {"compute": {"shard_size": 2500}, "sampling": {"block_size": 1000}},
        ["compute.shard_size", "2500", "sampling.block_size", "1000"],
    ),
    "an address that is none": (
        DIGITS,
        {"dataset": {"mirrors": ["ftp://example.org/"]}},
        ["dataset", "mirrors", "ftp://example.org/"],
    ),
    "two faults at once": (
        GRID,
        {"training": {"updates": -1}, "sampling": {"samples": -2}},
        ["training.updates", "-1", "sampling.samples", "-2"],
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_recipe_that_cannot_work_is_told_in_a_line_with_file_and_key(written, fault):
    recipe, change, words = WRONG[fault]
    path = written(merge(recipe, change))
    message = complaint(read_experiment, path, "default")
    assert message.startswith(str(path))
    for word in words:
        assert word in message.removeprefix(str(path))


@pytest.mark.parametrize("section", ["dataset", "network", "training", "sampling"])
def test_a_missing_section_is_told(written, section):
    path = written({key: value for key, value in GRID.items() if key != section})
    assert f"{section}: field required" in complaint(read_experiment, path, "default")


@pytest.mark.parametrize(
    "text",
    ["training: [1, 2", "a: b: c", "\t- x", "dataset: {name: 'x}"],
    ids=["open list", "two colons", "tab", "open quote"],
)
def test_a_file_that_is_not_yaml_is_told_with_the_line(written, text):
    path = written(text)
    message = complaint(read_experiment, path, "default")
    assert message.startswith(f"{path}: not YAML")
    assert "line 1" in message


def test_a_file_that_is_not_text_is_told(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert complaint(read_experiment, path, "default").startswith(f"{path}: not YAML")


@pytest.mark.parametrize("text", ["", "hello", "- 1\n- 2", "presets: 5"])
def test_a_file_that_is_no_mapping_is_told(written, text):
    path = written(text)
    message = complaint(read_experiment, path, "default")
    assert message.startswith(f"{path}: must be a mapping")


def test_the_recipes_of_these_tests_do_work(written):
    for recipe in (GRID, LINE, DIGITS, SHAPES):
        assert isinstance(read_experiment(written(recipe), "default"), Experiment)


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
