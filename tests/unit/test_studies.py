"""Studies beside the main line: their config, and the small models that they train."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import mirage
from mirage.diffusion import ddpm_steps, times_of
from mirage.exact import DiffusedMixture
from mirage_workflow import tables
from mirage_workflow.config.check import ConfigError, merge
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.recipe import Cosine, Linear
from mirage_workflow.config.settings import read_experiment
from mirage_workflow.config.sweeps import base, variants
from mirage_workflow.process import schedule_of
from mirage_workflow.schemas.schedule import SCHEDULE
from mirage_workflow.sections import sections
from mirage_workflow.variants import Seeds, draw, draw_as_told, draw_truth, train

EXPERIMENTS = Path(mirage.__file__).parents[2] / "config" / "experiments"

LINE = {
    "dataset": {"name": "gaussian1d", "means": [1, 2, 3], "samples": 500, "heldout": 0},
    "network": {"name": "mlp", "width": 16, "init": "pytorch"},
    "training": {"updates": 40, "batch_size": 100, "learning_rate": 2e-3},
    "sampling": {"samples": 60, "start": 399, "steps": 20, "block_size": 25},
    "detection": {"windows": [[0, 4]]},
    "compute": {"shard_size": 25},
}
SWEEPS = {
    "base": {"training": {"updates": 30}},
    "snapshots": [10, 30],
    "factors": {
        "training_size": {100: {"dataset": {"samples": 100}}, 500: {}},
        "width": {32: {"network": {"width": 32}}},
        "eta": {"0.5": {"sampling": {"sampler": "ddim", "eta": 0.5}}},
    },
}
CAUSES = {"true_samples": 10, "empirical_samples": 10, "learned_samples": 10, "few_steps": 5}
DIGITS = {
    "dataset": {"name": "mnist", "samples": 10, "heldout": 10},
    "network": {"name": "unet"},
    "training": {"updates": 1, "batch_size": 1},
    "sampling": {"samples": 1},
}


def experiment(**changes):
    return Experiment.model_validate(merge(LINE, changes))


# --- config -------------------------------------------------------------------------------------


def test_values_that_differ_in_sampling_alone_share_the_training_of_the_base():
    trainings = variants(experiment(sweeps=SWEEPS))
    assert list(trainings) == ["base", "training_size=100", "width=32"]
    drawn = [(draw.factor, draw.value) for draw in trainings["base"]]
    assert drawn == [("base", "base"), ("training_size", "500"), ("eta", "0.5")]


def test_two_factors_are_crossed_and_cells_that_are_alike_share_a_training():
    crossed = [
        {
            "training_size": {100: {"dataset": {"samples": 100}}, 500: {}},
            "updates": {20: {"training": {"updates": 20}}, 30: {}},
        },
        {
            "steps": {10: {"sampling": {"steps": 10}}, 20: {}},
            "eta": {"0.5": {"sampling": {"sampler": "ddim", "eta": 0.5}}},
        },
    ]
    trainings = variants(experiment(sweeps=SWEEPS | {"crossed": crossed}))
    names = {name: [draw.name for draw in draws] for name, draws in trainings.items()}
    assert names == {
        "base": [
            *("base", "training_size=500", "eta=0.5", "training_size=500,updates=30"),
            *("steps=10,eta=0.5", "steps=20,eta=0.5"),
        ],
        "training_size=100": ["training_size=100", "training_size=100,updates=30"],
        "width=32": ["width=32"],
        "training_size=100,updates=20": ["training_size=100,updates=20"],
        "training_size=500,updates=20": ["training_size=500,updates=20"],
    }
    both = trainings["training_size=100,updates=20"][0].experiment
    assert (both.dataset.samples, both.training.updates) == (100, 20)
    sampling = trainings["base"][-2].experiment.sampling
    assert (sampling.steps, sampling.eta) == (10, 0.5)


def test_a_small_model_is_like_the_base_but_for_one_thing():
    whole = experiment(sweeps=SWEEPS)
    start = base(whole)
    assert start.training.updates == 30
    assert start.sweeps is None
    (small,) = variants(whole)["training_size=100"]
    expected = start.model_copy(update={"dataset": replace(start.dataset, samples=100)})
    assert small.experiment == expected


def test_a_schedule_of_another_name_takes_nothing_of_the_one_below():
    values = {
        "cosine": {"diffusion": {"name": "cosine"}},
        "short": {"diffusion": {"beta_end": 0.3}},
    }
    start = {"diffusion": {"beta_end": 0.1}, "sampling": {"start": None}}
    small = variants(experiment(**start, sweeps={"factors": {"noise": values}}))
    assert small["base"][0].experiment.diffusion == Linear(beta_end=0.1)
    assert small["noise=cosine"][0].experiment.diffusion == Cosine(name="cosine")
    assert small["noise=short"][0].experiment.diffusion == Linear(beta_end=0.3)


@pytest.mark.parametrize("level", ["0.0001-0.02", "cosine"])
def test_another_schedule_starts_and_looks_at_the_noise_of_the_base(level):
    trainings = variants(read_experiment(EXPERIMENTS / "gaussian2d_grid.yaml", "default"))
    base, other = (trainings[name][0].experiment for name in ("base", f"noise_schedule={level}"))
    at_start, focused = (
        [schedule_of(recipe).alphas_cumprod[of(recipe)] for recipe in (base, other)]
        for of in (lambda recipe: recipe.start, lambda recipe: recipe.training.time_focus.below)
    )
    assert max(at_start) < 1e-4
    assert focused[1] == pytest.approx(focused[0], abs=0.1)
    assert other.training.time_focus.share == base.training.time_focus.share


def test_a_job_sees_a_learned_schedule_as_its_betas(tmp_path):
    table = pd.DataFrame({"t": [0, 1], "beta": [0.5, 0.75], "alphas_cumprod": [0.5, 0.125]})
    tables.write(tmp_path / "schedule.parquet", table, SCHEDULE, {})
    told = {"diffusion": {"name": "learned"}, "sampling": {"samples": 5}}
    job = sections(told, tmp_path / "schedule.parquet")
    assert schedule_of(job).betas.tolist() == [0.5, 0.75]
    assert job.diffusion.timesteps == 2


def test_an_experiment_without_sweeps_has_no_small_models():
    assert variants(experiment()) == {}


def test_the_window_may_be_predicted(tmp_path):
    path = tmp_path / "trial.yaml"
    path.write_text(
        yaml.safe_dump(merge(LINE, {"sampling": {"steps": None}, "scoring": {"window": "auto"}}))
    )
    read = read_experiment(path, "default")
    # Half a spacing is 0.5; the noise is 0.118 at t = 7 and 0.128 at t = 8.
    assert read.scoring.window == (0, 7)
    assert read.detection.windows == [(0, 4), (0, 7)]


WRONG = {
    "a tail without ddim": ({"sampling": {"ddpm_tail": 3}}, ["sampling", "ddpm_tail", "'ddpm'"]),
    "a tail longer than the walk": (
        {"sampling": {"sampler": "ddim", "ddpm_tail": 21}},
        ["sampling.ddpm_tail", "20 reverse steps", "21"],
    ),
    "a window by guess": ({"scoring": {"window": "best"}}, ["scoring.window", "'best'"]),
    "more few steps than times": (
        {"causes": CAUSES | {"few_steps": 401}},
        ["causes.few_steps", "400", "401"],
    ),
    "a tail longer than the few steps": (
        {"causes": CAUSES | {"tail": 6}},
        ["causes", "tail", "few_steps, 5", "6"],
    ),
    "an unknown section in a value": (
        {"sweeps": {"factors": {"width": {"64": {"netwrk": {"width": 64}}}}}},
        ["sweeps: width=64", "'netwrk'", "network"],
    ),
    "an unknown key in a value": (
        {"sweeps": {"factors": {"width": {"64": {"network": {"wdth": 64}}}}}},
        ["sweeps: width=64", "'wdth'", "did you mean 'width'"],
    ),
    "a value that cannot work": (
        {"sweeps": {"factors": {"width": {"63": {"network": {"width": 63}}}}}},
        ["sweeps: width=63", "network", "63"],
    ),
    "a base that cannot work": (
        {"sweeps": {"base": {"training": {"updates": 0}}}},
        ["sweeps: base", "training.updates", "0"],
    ),
    "a snapshot after the end": (
        {"sweeps": {"base": {"training": {"updates": 30}}, "snapshots": [31]}},
        ["sweeps.snapshots", "30 updates", "31"],
    ),
    "a learned schedule walked from a time": (
        {"sweeps": {"factors": {"noise": {"own": {"diffusion": {"name": "learned"}}}}}},
        ["sweeps: noise=own", "sampling.start", "learned", "null"],
    ),
    "a schedule learned on other points": (
        {
            "sampling": {"start": None},
            "sweeps": {
                "factors": {
                    "noise": {
                        "own": {
                            "diffusion": {"name": "learned"},
                            "dataset": {"means": [1, 3, 5]},
                        }
                    }
                }
            },
        },
        ["sweeps", "own points", "diffusion.name 'learned'"],
    ),
    "an unknown schedule": ({"diffusion": {"name": "cosinus"}}, ["diffusion", "'cosinus'"]),
    "a key of another schedule": (
        {"diffusion": {"name": "cosine", "beta_end": 0.1}},
        ["diffusion", "'beta_end'", "timesteps"],
    ),
    "one factor crossed with none": (
        {"sweeps": {"crossed": [{"width": {"64": {"network": {"width": 64}}}}]}},
        ["sweeps.crossed", "2 items"],
    ),
    "a pair crossed twice": (
        {"sweeps": {"crossed": [{"a": {1: {}}, "b": {1: {}}}, {"b": {2: {}}, "a": {2: {}}}]}},
        ["sweeps.crossed", "['a', 'b'] twice"],
    ),
    "a cell that cannot work": (
        {"sweeps": {"crossed": [{"a": {1: {}}, "b": {1: {"network": {"width": 63}}}}]}},
        ["sweeps: a=1,b=1", "63"],
    ),
    "one replicate": ({"sweeps": {"replicates": 1}}, ["sweeps.replicates", "1"]),
    "a factor that is no file name": (
        {"sweeps": {"factors": {"a/b": {}}}},
        ["sweeps.factors", "a/b"],
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_study_that_cannot_work_is_told_in_a_line_with_its_key(tmp_path, fault):
    change, words = WRONG[fault]
    path = tmp_path / "trial.yaml"
    path.write_text(yaml.safe_dump(merge(LINE, change)))
    with pytest.raises(ConfigError) as caught:
        read_experiment(path, "default")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "study",
    [
        {"causes": CAUSES},
        {"sweeps": {}},
        {"scoring": {"window": "auto"}},
        {"sampling": {"variance": "optimal"}},
    ],
)
def test_studies_of_modes_are_refused_for_pictures(study):
    with pytest.raises(ValueError, match="mnist"):
        Experiment.model_validate(merge(DIGITS, study))


STUDIED = ["gaussian1d", "gaussian2d_grid"]


def drawn(name):
    """Every small model of an experiment by its name, and the base."""
    trainings = variants(read_experiment(EXPERIMENTS / f"{name}.yaml", "default"))
    draws = {draw.name: draw for of in trainings.values() for draw in of}
    return draws, draws["base"].experiment


@pytest.mark.parametrize("name", STUDIED)
def test_updates_are_held_fixed_but_where_they_are_the_factor(name):
    """One factor at a time: what a value changes is what its factor says."""
    draws, start = drawn(name)
    for small in draws.values():
        training, points = small.experiment.training, small.experiment.dataset.samples
        if "updates" in (small.factor, small.second_factor):
            level = small.value if small.factor == "updates" else small.second_value
            assert training.updates == int(level)
        elif small.factor == "size_confounded_with_updates":
            epochs = start.training.updates / start.dataset.samples
            assert training.updates / points == pytest.approx(epochs)
        else:
            assert training.updates == start.training.updates
        if small.factor == "training_size" and small.value == "infinite":
            assert points == training.updates * training.batch_size
        elif small.factor == "training_size":
            assert points == int(small.value)


@pytest.mark.parametrize("name", STUDIED)
def test_distance_is_varied_at_one_width_and_width_at_one_distance(name):
    draws, start = drawn(name)
    usual = start.dataset.mixture
    found = {"distance": [], "std": []}
    for small in draws.values():
        if small.factor not in found:
            continue
        mixture = small.experiment.dataset.mixture
        apart = mixture.spacing / mixture.std
        found[small.factor].append(round(apart, 3))
        if small.factor == "distance":
            assert mixture.std == usual.std
            assert apart == pytest.approx(float(small.value))
            np.testing.assert_allclose(mixture.means.mean(0), usual.means.mean(0), atol=1e-12)
        else:
            np.testing.assert_array_equal(mixture.means, usual.means)
            assert small.experiment.dataset.std == float(small.value)
    assert [sorted(spacings) for spacings in found.values()] == [[20, 40, 80]] * 2


@pytest.mark.parametrize("name", STUDIED)
def test_size_and_updates_are_crossed_at_three_levels_each(name):
    draws, _ = drawn(name)
    cells = [small for small in draws.values() if small.second_factor == "updates"]
    assert len({(small.value, small.second_value) for small in cells}) == 9
    assert {small.factor for small in cells} == {"training_size"}


def test_in_every_number_of_steps_each_sampler_is_right_with_the_true_score():
    """None of 4,000 points is beyond 5 std of a mode; a perfect sampler has 0.015."""
    draws, _ = drawn("gaussian2d_grid")
    cells = [small.experiment for small in draws.values() if small.second_factor == "sampler"]
    assert sorted({small.reverse_steps for small in cells}) == [50, 100, 400]
    for small in cells:
        few = small.model_copy(update={"sampling": small.sampling.model_copy(update=FEW)})
        assert (draw_truth(few, seed=0)["label"] == "valid").all()
    even = cells[0].sampling.model_copy(update=FEW | {"spread": "even"})
    strayed = draw_truth(cells[0].model_copy(update={"sampling": even}), seed=0)
    assert (strayed["label"] != "valid").mean() > 0.005


FEW = {"samples": 4_000}


# --- small models -------------------------------------------------------------------------------


def test_the_same_seeds_give_the_same_small_model():
    small = experiment()
    once, again = (draw_as_told(train(small, Seeds.same(3)), small, 3) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)


@pytest.mark.parametrize("seeds", [Seeds(4, 3, 3), Seeds(3, 4, 3)])
def test_another_seed_of_data_or_training_gives_another_model(seeds):
    small = experiment()
    first, second = (draw_as_told(train(small, each), small, 3) for each in (Seeds.same(3), seeds))
    assert not np.allclose(first["x0"], second["x0"])


def test_training_is_watched_after_each_update():
    seen = []
    train(experiment(), Seeds.same(0), observe=lambda done, trainer: seen.append(done))
    assert seen == list(range(1, 41))


def test_points_are_drawn_in_blocks_with_their_labels_and_hal():
    options = experiment(sampling={"samples": 60, "steps": None})
    mixture, schedule = options.dataset.mixture, schedule_of(options)
    steps = ddpm_steps(schedule, times_of(399, 400), "fixed_large")
    model = DiffusedMixture(mixture, schedule).noise
    drawn = draw(model, steps, mixture, 60, 25, 5.0, seed=0, windows=[(0, 4), (0, 9)])
    assert list(drawn) == ["sample", "x0", "hal_0_4", "hal_0_9", "mode", "distance", "label"]
    assert len(drawn) == 60
    assert drawn["label"].eq("valid").all()
    assert drawn["hal_0_4"].gt(0).all()
    fewer = draw(model, steps, mixture, 30, 25, 5.0, seed=0)
    np.testing.assert_array_equal(fewer["x0"], drawn["x0"][:30])


def test_the_true_score_walks_as_the_network_does_from_the_same_noise():
    small = experiment(sampling={"samples": 60, "steps": 10, "variance": "optimal"})
    truth = DiffusedMixture(small.dataset.mixture, schedule_of(small))
    steps = ddpm_steps(truth.schedule, times_of(399, 10), "optimal", small.dataset.std)
    expected = draw(truth.noise, steps, truth.mixture, 60, 25, 5.0, seed=2, endpoints=True)
    pd.testing.assert_frame_equal(draw_truth(small, 2), expected)
