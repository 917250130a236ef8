"""The perfect model of Simple Shapes is their posterior mean, and draws what they draw."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

from mirage.datasets.shapes import of_size, scaled
from mirage.diffusion import Schedule, ddim_steps, times_of
from mirage.exact import DiffusedPoints
from mirage.exact_shapes import DiffusedShapes
from mirage.labels.shapes import Thresholds, label_pictures
from mirage.samplers import walk

SCHEDULE = Schedule.linear(beta_start=1e-4, beta_end=0.02)


def few_places():
    """Shapes that may stand in two places each, all 27 sets of places alike, and the 27 drawn."""
    whole = of_size(32, presence=2 / 3)
    shapes = tuple(
        replace(shape, top=shape.top[:1] * 2, left=(shape.left[0], shape.left[0] + 1))
        for shape in whole.shapes
    )
    truth = replace(whole, shapes=shapes)
    pictures = truth.blank(27)
    for number, places in enumerate(itertools.product((None, 0, 1), repeat=3)):
        for shape, place in zip(shapes, places, strict=True):
            if place is not None:
                at = np.array([shape.top[0]]), np.array([shape.left[place]])
                truth.draw(pictures, np.array([number]), shape, *at)
    return truth, torch.from_numpy(scaled(pictures)).double()


@pytest.mark.parametrize("coupled", [True, False])
@pytest.mark.parametrize("t", [0, 150, 400, 999])
def test_x0_hat_is_the_mean_of_all_pictures_that_there_are(coupled, t):
    truth, pictures = few_places()
    there = pictures[1:] if coupled else pictures  # the first is blank
    abar = SCHEDULE.alphas_cumprod[t]
    noise = torch.randn(pictures.shape, generator=torch.Generator().manual_seed(t)).double()
    x = abar**0.5 * pictures + (1 - abar) ** 0.5 * noise
    expected = DiffusedPoints(there.flatten(1), SCHEDULE).x0_hat(x.flatten(1), torch.tensor(t))
    found = DiffusedShapes(truth, SCHEDULE, coupled).x0_hat(x, torch.tensor(t))
    torch.testing.assert_close(found.flatten(1), expected, rtol=1e-6, atol=1e-9)


def test_a_black_picture_without_noise_is_taken_for_the_smallest_shape():
    truth, black = of_size(32), torch.full((1, 1, 32, 32), -1.0)
    true = truth.sample(3_000, np.random.default_rng(0))[0]
    smallest = ((true + 1) / 2).sum((1, 2, 3)).min()
    for coupled, white in ((True, smallest), (False, 0)):
        x0_hat = DiffusedShapes(truth, SCHEDULE, coupled).x0_hat(black, torch.tensor(0))
        assert ((x0_hat + 1) / 2).sum().item() == pytest.approx(white, abs=1e-3)


def drawn(coupled: bool, n: int = 400, steps: int = 100, eta: float = 0):
    draws = torch.Generator().manual_seed(0)

    def noise():
        return torch.randn((n, 1, 32, 32), generator=draws)

    truth = of_size(32)
    model = DiffusedShapes(truth, SCHEDULE, coupled).noise
    walked = ddim_steps(SCHEDULE, times_of(999, steps), eta)
    pictures = walk(model, noise(), walked, noise, clip=True).numpy()
    return label_pictures(pictures, truth, Thresholds(0.9, 0.6, 0.2))


def test_by_the_perfect_model_every_picture_is_true_and_sets_are_as_common_as_they_are():
    labels = drawn(coupled=True)
    assert (labels["label"] == "valid").all()
    objects = labels[["triangles", "squares", "pentagons"]].sum(axis=1)
    for count, share in ((1, 3 / 7), (2, 3 / 7), (3, 1 / 7)):
        assert binomtest(int((objects == count).sum()), len(labels), share).pvalue > 0.01


def test_forty_noisy_steps_draw_fewer_objects_than_there_are_even_with_the_perfect_model():
    labels = drawn(coupled=True, steps=40, eta=1)
    objects = labels[["triangles", "squares", "pentagons"]].sum(axis=1)
    assert (labels["label"] == "valid").all()
    assert binomtest(int((objects == 3).sum()), len(labels), 1 / 7).pvalue < 0.01
    assert objects.mean() < 12 / 7


def test_columns_without_a_look_at_each_other_leave_pictures_blank_and_by_few_noisy_steps_more():
    labels = drawn(coupled=False)
    assert set(labels["label"]) == {"valid", "blank"}
    blanks = int((labels["label"] == "blank").sum())
    assert binomtest(blanks, len(labels), of_size(32).independent_blanks).pvalue > 0.01
    more = int((drawn(coupled=False, steps=40, eta=1)["label"] == "blank").sum())
    assert binomtest(more, len(labels), of_size(32).independent_blanks).pvalue < 0.01
