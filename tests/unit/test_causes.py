"""The parts of an excess rate, and the walks they are measured with."""

import math

import pandas as pd
import pytest

from mirage.config import Experiment
from mirage.decomposition import OPTIMAL, walks
from mirage.diffusion import Schedule
from mirage.metrics.causes import split

FLOOR = 0.001


def rates(**by_model):
    """One sampler's rates, by model and seed."""
    rows = [
        {"model": model, "seed": seed, "value": value, "n": 100}
        for model, values in by_model.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(sampler="ddim", parameter="5 std", floor=FLOOR)


def test_the_parts_are_the_steps_from_the_floor_to_the_network():
    table = split(rates(true=[0.002], empirical=[0.0015], learned=[0.01])).set_index("part")
    assert table.loc["sampler", "value"] == pytest.approx(0.001)
    assert table.loc["data", "value"] == pytest.approx(-0.0005)
    assert table.loc["network", "value"] == pytest.approx(0.0085)
    assert table.loc["excess", "value"] == pytest.approx(0.009)
    assert table["low"].isna().all()


def test_the_parts_add_up_to_the_excess_over_seeds_too():
    table = split(
        rates(true=[0.002, 0.003], empirical=[0.001, 0.0025], learned=[0.01, 0.02])
    ).set_index("part")
    parts = table.loc[["sampler", "data", "network"], "value"].sum()
    assert parts == pytest.approx(table.loc["excess", "value"])
    assert (table["low"] < table["value"]).all()
    assert table["seeds"].eq(2).all()
    assert table["n"].eq(200).all()


def test_a_sampler_without_all_three_models_has_no_parts():
    assert split(rates(true=[0.002])).empty


@pytest.fixture
def experiment():
    return Experiment.model_validate(
        {
            "dataset": {"name": "gaussian2d_grid", "samples": 10, "heldout": 0},
            "network": {"name": "mlp"},
            "training": {"updates": 1, "batch_size": 1},
            "sampling": {"samples": 1, "start": 399, "steps": 100, "sampler": "ddim", "eta": 1.0},
            "causes": {
                "true_samples": 1,
                "empirical_samples": 1,
                "learned_samples": 1,
                "few_steps": 50,
                "tail": 4,
            },
        }
    )


def test_the_samplers_are_what_their_names_say(experiment):
    steps = walks(experiment)
    assert {name: len(walk) for name, walk in steps.items()} == {
        "ddpm": 400,
        "ddim": 400,
        "ddim_few": 50,
        "ddim_few_tail": 50,
        OPTIMAL: 400,
    }
    noisy = {name: [bool(step.sigma) for step in walk] for name, walk in steps.items()}
    assert not any(noisy["ddim"] + noisy["ddim_few"])
    assert noisy["ddpm"] == [True] * 399 + [False]
    assert noisy["ddim_few_tail"] == [False] * 46 + [True] * 3 + [False]
    assert all(noisy[OPTIMAL])
    assert all(walk[0].t == 399 and walk[-1].t == 0 for walk in steps.values())


@pytest.mark.parametrize(("sampler", "expected"), [("ddpm", 0.62), ("ddim", 0.48), (OPTIMAL, 1.0)])
def test_with_the_true_score_each_sampler_has_a_width_of_its_own(experiment, sampler, expected):
    """Of the grid's modes, over the truth: what DDPM's fixed variance and last step lose."""
    std, variance = 0.05 / math.sqrt(0.05**2 + 8), 1.0
    schedule = Schedule.linear(experiment.diffusion)
    for step in walks(experiment)[sampler]:
        abar = schedule.alphas_cumprod[step.t]
        x0_per_x = math.sqrt(abar) * std**2 / (abar * std**2 + 1 - abar)
        variance = (step.from_x0 * x0_per_x + step.from_x) ** 2 * variance + step.sigma**2
    assert math.sqrt(variance) / std == pytest.approx(expected, abs=0.005)
