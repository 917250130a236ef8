"""Experiments of saved pipelines and of samples made elsewhere: what is allowed of them."""

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from tiny_pipelines import save_latent, save_unconditional

from mirage_workflow.config.check import ConfigError, merge
from mirage_workflow.config.from_elsewhere import files
from mirage_workflow.config.settings import read_experiments, read_settings, sections_of
from mirage_workflow.sections import sections

PIPELINE = {
    "sizes": "pipeline",
    "dataset": {"name": "unseen", "sample_shape": [1, 8, 8]},
    "network": {"name": "pipeline", "folder": "mine"},
}
RETRAINED = PIPELINE | {
    "finetune": {"updates": 5, "batch_size": 8},
    "recursion": {"generations": 1, "filters": ["hal"], "keep": 50},
}
POINTS = {
    "dataset": {"name": "gaussian2d_grid", "samples": 100, "heldout": 10},
    "samples": {"points": "x.npz", "paths": "x.npz"},
    "sampling": {"samples": 40},
    "detection": {"windows": [[0, 4], [0, 9]]},
    "recursion": {"filters": ["hal", "random"], "keep": 30},
}
TABLE = merge(POINTS, {"samples": {"points": "x.parquet"}})
PICTURES = {
    "dataset": {"name": "unseen", "sample_shape": [1, 8, 8]},
    "samples": {"folder": "pictures"},
    "sampling": {"samples": 3},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pipelines, points and pictures of a user's own."""
    home = tmp_path_factory.mktemp("home")
    save_unconditional(home / "mine", prediction_type="sample")
    save_latent(home / "latent")
    save_unconditional(home / "flow", "FlowMatchEulerDiscreteScheduler")
    index = save_unconditional(home / "unseen") / "model_index.json"
    index.write_text(index.read_text().replace("DDPMScheduler", "ScoreSdeVeScheduler"))
    (home / "empty").mkdir()
    x = np.zeros((40, 2), np.float32)
    np.savez(home / "x.npz", x=x, x0_hat=np.zeros((40, 12, 2)))
    np.savez(home / "fewer.npz", x=x[:39], x0_hat=np.zeros((39, 12, 2)))
    np.savez(home / "brief.npz", x0_hat=np.zeros((40, 9, 2)))
    np.savez(home / "solid.npz", x=np.zeros((40, 3)), x0_hat=np.zeros((40, 12, 3)))
    pd.DataFrame(x, columns=["x0", "x1"]).to_parquet(home / "x.parquet")
    pd.DataFrame(x, columns=["x", "y"]).to_parquet(home / "xy.parquet")
    (home / "pictures").mkdir()
    for number in range(3):
        Image.new("L", (8, 8)).save(home / f"pictures/{number}.png")
    return home


@pytest.fixture
def read(place, tmp_path, monkeypatch):
    """Reads a recipe as an experiment in that folder."""
    monkeypatch.chdir(place)

    def read(recipe, change=None):
        (tmp_path / "trial.yaml").write_text(yaml.safe_dump(merge(recipe, change or {})))
        settings = read_settings({"experiments": ["trial"], "preset": "smoke"})
        return read_experiments(settings, tmp_path)["trial"]

    return read


def test_generation_0_of_a_pipeline_takes_no_training(read):
    experiment = read(PIPELINE)
    assert (experiment.origin, experiment.training) == ("pipeline", None)
    assert (experiment.reverse_steps, experiment.shards) == (20, 2)
    assert "mine/unet/config.json" in files(experiment)


def test_later_generations_go_on_or_start_from_scratch(read):
    assert read(RETRAINED).learning.learning_rate == 1e-5
    scratch = {name: value for name, value in RETRAINED.items() if name != "finetune"}
    assert read(scratch | {"training": {"updates": 5, "batch_size": 8}}).learning.updates == 5


def test_paths_of_pixels_can_be_shown_and_those_of_latents_cannot(read):
    assert read(PIPELINE).has_paths
    coloured = {"sample_shape": [3, 8, 8]}
    latent = read(PIPELINE, {"network": {"folder": "latent"}, "dataset": coloured})
    assert not latent.has_paths


def test_samples_made_elsewhere_are_scored_where_there_are_paths(read):
    experiment = read(POINTS)
    assert (experiment.origin, experiment.replicates, experiment.has_scores) == ("samples", 1, True)
    unscored = read(PICTURES)
    assert (unscored.has_scores, unscored.has_paths, unscored.shards) == (False, False, 1)
    assert files(unscored) == [f"pictures/{number}.png" for number in range(3)]
    assert files(read(TABLE)) == ["x.parquet", "x.npz"]


def test_a_job_reads_again_what_it_is_told(read):
    for recipe in (RETRAINED, POINTS, PICTURES):
        experiment = read(recipe)
        names = ("dataset", "network", "samples", "finetune", "detection")
        told = sections(sections_of(experiment, *names))
        assert all(getattr(told, name) == getattr(experiment, name) for name in names)


SCORED = {"samples": {"paths": None, "scores": "x.parquet"}}
WRONG = {
    "no such pipeline": (
        PIPELINE,
        {"network": {"folder": "gone"}},
        "network.folder: gone: no such",
    ),
    "no pipeline": (PIPELINE, {"network": {"folder": "empty"}}, "empty is no pipeline"),
    "not watched": (PIPELINE, {"network": {"folder": "unseen"}}, "ScoreSdeVeScheduler cannot be"),
    "shape": (
        PIPELINE,
        {"dataset": {"sample_shape": [3, 8, 8]}},
        "mine draws pictures of [1, 8, 8]; those of the dataset unseen are [3, 8, 8]",
    ),
    "points": (PIPELINE, {"dataset": {"sample_shape": [2]}}, "network.name: unseen needs 'mlp'"),
    "steps": (
        PIPELINE,
        {"sampling": {"steps": 2000}, "presets": {"smoke": {"sampling": {"steps": 2000}}}},
        "sampling.steps: found 2000; allowed: up to 1000",
    ),
    "no steps": (
        PIPELINE,
        {"presets": {"smoke": {"sampling": {"steps": None}}}},
        "sampling.steps: needed where a pipeline draws",
    ),
    "own sampler": (PIPELINE, {"sampling": {"eta": 0.5}}, "sampling.eta: a pipeline has its own"),
    "own noise": (
        PIPELINE,
        {"diffusion": {"beta_end": 0.02}},
        "diffusion.beta_end: a pipeline has",
    ),
    "untrained": (RETRAINED, {"finetune": None}, "recursion.generations: found 1, not how"),
    "twice": (
        RETRAINED,
        {"training": {"updates": 1, "batch_size": 1}},
        "finetune: found `training`",
    ),
    "latent": (
        RETRAINED,
        {"network": {"folder": "latent"}, "dataset": {"sample_shape": [3, 8, 8]}},
        "latent cannot be trained: found",
    ),
    "flow": (RETRAINED, {"network": {"folder": "flow"}}, "flow cannot be trained: its FlowMatch"),
    "layers": (PIPELINE, {"network": {"channels": [8]}}, "network: unknown key 'channels'"),
    "long window": (
        PIPELINE,
        {
            "detection": {"windows": [[0, 9], [0, 20]]},
            "presets": {"smoke": {"detection": {"windows": [[0, 9], [0, 20]]}}},
        },
        "longer than the trajectory of 20 steps",
    ),
    "both": (POINTS, {"network": {"name": "mlp"}}, "samples: found a `network` too"),
    "folder and points": (
        POINTS,
        {"samples": {"folder": "pictures"}},
        "samples: folder: needed, or",
    ),
    "points of pictures": (
        PICTURES,
        {"samples": {"folder": None, "points": "x.npz"}},
        "samples.folder: needed, as of unseen",
    ),
    "recursion": (POINTS, {"recursion": {"generations": 2}}, "recursion.generations: found 2, and"),
    "replicates": (POINTS, {"replicates": 2}, "replicates: samples made elsewhere are there once"),
    "no file": (POINTS, {"samples": {"points": "y.npz"}}, "samples.points: no such file"),
    "another file": (POINTS, {"samples": {"points": "x.csv"}}, "points: found 'x.csv'; allowed"),
    "three coordinates": (
        POINTS,
        {"samples": {"points": "solid.npz"}},
        "x has shape [40, 3]; allowed",
    ),
    "paths of other": (
        POINTS,
        {"samples": {"paths": "solid.npz"}},
        "samples.paths: solid.npz: x0_hat",
    ),
    "fewer paths": (POINTS, {"samples": {"paths": "fewer.npz"}}, "has 39 paths for 40 samples"),
    "fewer than rows": (TABLE, {"samples": {"paths": "fewer.npz"}}, "has 39 paths for 40 samples"),
    "brief paths": (
        POINTS,
        {"samples": {"paths": "brief.npz"}},
        "[0, 9] is longer than the 9 steps",
    ),
    "columns": (
        TABLE,
        {"samples": {"points": "xy.parquet"}},
        "xy.parquet: no column 'x0'; there are x",
    ),
    "no scores": (POINTS, SCORED, "samples.scores: x.parquet: no column 'sample'"),
    "unscored": (
        POINTS,
        {"samples": {"paths": None}},
        "'hal' needs samples.paths or samples.scores",
    ),
    "too many": (
        POINTS,
        {"sampling": {"samples": 41}},
        "sampling.samples: found 41, and x.npz has 40",
    ),
    "pictures of another size": (
        PICTURES,
        {"dataset": {"sample_shape": [3, 8, 8]}},
        "samples.folder: pictures/0.png: a picture of [1, 8, 8]; allowed: [3, 8, 8], as in the",
    ),
    "few pictures": (PICTURES, {"sampling": {"samples": 4}}, "found 4, and pictures has 3"),
    "studies": (POINTS, {"studies": ["grid_causes"]}, "causes: only of a network trained here"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_what_cannot_work_is_told_in_a_line_before_a_job_starts(read, fault):
    recipe, change, words = WRONG[fault]
    with pytest.raises(ConfigError) as caught:
        read(recipe, change)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_network_of_ours_is_not_fine_tuned(read):
    recipe = {"dataset": POINTS["dataset"], "network": {"name": "mlp"}, "sampling": {"samples": 10}}
    both = {key: {"updates": 1, "batch_size": 1} for key in ("training", "finetune")}
    with pytest.raises(ConfigError, match="finetune: only of a pipeline"):
        read(recipe | both)
