"""What the config says reaches the library, under the same names."""

import inspect
from dataclasses import fields
from pathlib import Path

import pytest

from mirage.diffusion import Schedule
from mirage.learned_schedule import learn
from mirage.networks.classifier import train
from mirage.networks.mlp import TemporalMLP
from mirage.networks.unet import build_unet
from mirage.training import TimeFocus, TrainingOptions
from mirage_workflow.config import judging, recipe
from mirage_workflow.config.settings import read_experiment
from mirage_workflow.process import steps_of
from mirage_workflow.trainers import options_of

EXPERIMENTS = Path(__file__).parents[2] / "config/experiments"
PAIRS = [
    (recipe.Linear, Schedule.linear, set()),
    (recipe.Cosine, Schedule.cosine, set()),
    (recipe.Given, Schedule.given, set()),
    (recipe.Learned, learn, {"data", "seed", "network"}),
    (recipe.MLP, TemporalMLP, {"dim"}),
    (recipe.UNet, build_unet, {"shape", "schedule"}),
    (judging.Classifier, train, {"pictures", "labels", "heldout", "seed"}),
    (recipe.Training, TrainingOptions, {"checkpoint_every"}),
]
OWN = {
    judging.Classifier: {"torchscript"},
    recipe.Training: {"threads"},
    recipe.Learned: {"timesteps"},
}
"""Options that the pipeline uses itself."""


@pytest.mark.parametrize(("section", "made", "given"), PAIRS, ids=range(len(PAIRS)))
def test_a_section_and_the_library_have_the_same_options_and_defaults(section, made, given):
    parameters = dict(inspect.signature(made).parameters)
    assert given <= set(parameters)
    options = set(section.model_fields) - {"name"} - OWN.get(section, set())
    assert options == set(parameters) - given
    for name in options:
        field, parameter = section.model_fields[name], parameters[name]
        if parameter.default is inspect.Parameter.empty:
            assert field.is_required(), name
        else:
            ours = field.get_default(call_default_factory=True)
            like = list if isinstance(ours, list) else lambda value: value
            assert ours == like(parameter.default), name


def test_a_recipe_becomes_the_trainings_options():
    recipe = read_experiment(EXPERIMENTS / "gaussian1d.yaml", "default").training
    options = options_of(recipe, checkpoint_every=7)
    assert options.checkpoint_every == 7
    assert options.time_focus == TimeFocus(recipe.time_focus.below, recipe.time_focus.share)
    for field in fields(TrainingOptions):
        if field.name not in ("time_focus", "checkpoint_every"):
            assert getattr(options, field.name) == getattr(recipe, field.name)


@pytest.mark.parametrize(("start", "count"), [(None, 1000), (399, 400)])
@pytest.mark.parametrize("steps", [None, 50])
def test_an_experiment_walks_from_its_start_in_its_number_of_steps(start, count, steps):
    recipe = read_experiment(EXPERIMENTS / "gaussian1d.yaml", "default")
    sampling = recipe.sampling.model_copy(update={"start": start, "steps": steps})
    walk = steps_of(recipe.model_copy(update={"sampling": sampling}))
    assert (walk[0].t, walk[-1].t, len(walk)) == (count - 1, 0, steps or count)
