"""A network of shapes held against a perfect model."""

import numpy as np
import pandas as pd
import pytest
import torch

from mirage.datasets.shapes import of_size
from mirage.diffusion import Schedule
from mirage.exact_shapes import DiffusedShapes
from mirage.figures import coupling as figure
from mirage.metrics.coupling import handing_over, prediction_errors

SCHEDULE = Schedule.linear(beta_start=1e-4, beta_end=0.02)
TRUTH = of_size(32)
EXACT = DiffusedShapes(TRUTH, SCHEDULE)


def errors(model, n: int = 150, t: int = 400) -> pd.Series:
    pictures = torch.from_numpy(TRUTH.sample(n, np.random.default_rng(0))[0])
    noise = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(0))
    return prediction_errors({"it": model}, EXACT, pictures, noise, [t]).iloc[0]


def test_a_perfect_model_is_at_no_distance_from_itself():
    row = errors(EXACT.noise)
    assert row["value"] == pytest.approx(0, abs=1e-9)
    assert (row["model"], row["t"], row["n"]) == ("it", 400, 150)


def test_a_model_that_is_off_by_a_tenth_everywhere_is_off_by_a_hundredth_in_the_square():
    abar = SCHEDULE.alphas_cumprod[400]

    def off(x, t):
        # x0_hat lies in [-1, 1], and is clipped: towards the middle from wherever it is.
        x0_hat = EXACT.x0_hat(x, t)
        return (x - abar**0.5 * (x0_hat - 0.1 * torch.sign(x0_hat))) / (1 - abar) ** 0.5

    row = errors(off)
    assert row["value"] == pytest.approx(0.01, rel=1e-3)
    assert row["low"] <= row["value"] <= row["high"]


def test_what_coupling_tells_is_seen_where_pictures_are_decided_and_not_where_they_are_clear():
    uncoupled = DiffusedShapes(TRUTH, SCHEDULE, coupled=False).noise
    assert errors(uncoupled, t=400)["low"] > 1e-4
    assert errors(uncoupled, t=20)["value"] < 1e-9


def test_a_walk_is_handed_over_at_its_time():
    model = handing_over(lambda x, t: x + 1, lambda x, t: x + 2, at=300)
    x = torch.zeros(1)
    assert [float(model(x, torch.tensor(t))) for t in (999, 301, 300, 0)] == [1, 1, 2, 2]
    never = handing_over(lambda x, t: x + 1, lambda x, t: x + 2, at=-1)
    assert float(never(x, torch.tensor(0))) == 1


def handed_over() -> pd.DataFrame:
    """Two seeds of 100: blanks of 0, 2 and 6 by the perfect model, 20 by one without coupling."""
    rows = []
    for seed in (0, 1):
        for first, t, blanks in (
            ("exact", -1, 0),
            ("exact", 300, 2 * seed + 1),
            ("exact", 999, 6),
            ("uncoupled", -1, 20),
        ):
            for label, hits in (("valid", 100 - blanks), ("blank", blanks)):
                if hits:
                    rows.append((seed, first, t, label, hits, 100))
    return pd.DataFrame(rows, columns=["seed", "first", "t", "label", "hits", "n"])


def test_pictures_of_all_seeds_are_counted_together_also_those_of_seeds_without_the_label():
    table = handed_over()
    alone = table.drop(
        table[(table["seed"] == 0) & (table["t"] == 300) & (table["label"] == "blank")].index
    )
    for seeds, blanks in ((table, 4), (alone, 3)):
        row = figure.pooled(seeds).set_index(["first", "t", "label"]).loc["exact", 300, "blank"]
        assert (row["hits"], row["n"], row["value"]) == (blanks, 200, blanks / 200)


def test_the_figure_shows_shares_by_the_time_of_handing_over():
    predictions = pd.DataFrame(
        [
            (seed, model, t, value, 500)
            for seed in (0, 1)
            for model, value in (("network", 1e-2), ("uncoupled", 1e-3))
            for t in (0, 300, 999)
        ],
        columns=["seed", "model", "t", "value", "n"],
    )
    drawn = figure.draw(predictions, handed_over())
    errors_shown, shares = drawn.axes
    assert drawn.get_suptitle().startswith("2 seeds")
    thick = {line.get_label(): line for line in errors_shown.lines}
    assert list(thick["what coupling tells"].get_ydata()) == [1e-3] * 3
    (blank,) = shares.containers
    assert blank.get_label() == "blank"
    assert list(blank.lines[0].get_ydata()) == [0, 2, 6]
    assert [tick.get_text() for tick in shares.get_xticklabels()] == ["never", "300", "all"]
    assert shares.lines[-1].get_label() == "blanks of independent columns: 20.00 %"
