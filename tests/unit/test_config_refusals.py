"""What a recipe must not say is refused in a line with file and key."""

import pytest
from recipes import DIGITS, GRID, LINE, PHOTOS, SHAPES, UNSEEN, complaint

from mirage_workflow.config.check import merge
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.settings import (
    read_experiment,
)

OWN = "(of your own? name its file in `extensions`)"


def handed_over(times: list[int], **more) -> dict:
    """The section `handover`, and a schedule that it can work with."""
    return {
        "handover": {"times": times, "samples": 10},
        "diffusion": {"beta_end": 0.02},
    } | more


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
        ["dataset: unknown dataset 'moons'", "gaussian1d", "mnist", OWN],
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
        ["metrics.0: unknown metric 'spred'", "no extension", OWN],
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
        ["detection.detectors", "'hall'", "allowed: hal", OWN],
    ),
    "unknown filter": (
        GRID,
        {"recursion": {"filters": ["hall"]}},
        ["recursion", "filters", "'hall'", "random", "oracle", OWN],
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
    "columns of what has none": (
        GRID,
        {"handover": {"times": [300], "samples": 10}},
        ["handover", "only of shapes", "gaussian2d_grid"],
    ),
    "columns that are coupled by nothing": (
        SHAPES,
        handed_over([300], dataset={"presence": 1}),
        ["handover", "dataset.presence", "1"],
    ),
    "a walk handed over before it begins": (
        SHAPES,
        handed_over([300, 999]),
        ["handover.times", "to 998", "999"],
    ),
    "two walks that are one": (
        SHAPES,
        handed_over([300, 301], sampling={"samples": 500, "sampler": "ddim", "steps": 40}),
        ["handover.times", "[300, 301]", "one time of the walk"],
    ),
    "a perfect model where no signal is left": (
        SHAPES,
        handed_over([300], diffusion={"beta_end": 0.2}),
        ["handover", "abar of at least 1e-06", "999"],
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
