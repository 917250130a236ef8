"""Simple Shapes: the true distribution, and errors planted in it."""

import numpy as np
import pytest
from scipy import ndimage

from mirage.datasets.planted import KINDS, degrade, plant
from mirage.datasets.shapes import SHAPES, of_size

SIZES = pytest.mark.parametrize("size", [32, 64])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def objects(picture: np.ndarray) -> int:
    """How many regions of white there are, pixels that touch at a corner counted as one."""
    return ndimage.label(picture > 0, np.ones((3, 3)))[1]


def test_the_official_areas_at_64_pixels():
    areas = {shape.name: int(shape.template.sum()) for shape in of_size(64).shapes}
    assert areas == {"triangle": 65, "square": 64, "pentagon": 70}


def test_the_official_ranges_at_64_pixels():
    truth = of_size(64)
    _, square, _ = truth.shapes
    assert truth.column == 21
    # A square of 8 pixels from row 1 to 49 and from place 1 to 7 reaches 56 and 14 at most.
    assert (square.top, square.left) == ((1, 49), (1, 7))
    assert square.template.shape == (8, 8)


@SIZES
def test_pictures_are_white_shapes_on_black_at_the_scale_of_the_networks(size):
    pictures, labels = of_size(size).sample(50, rng())
    assert pictures.shape == (50, 1, size, size)
    assert pictures.dtype == np.float32
    assert set(np.unique(pictures)) == {-1.0, 1.0}
    assert labels.min() >= 1
    assert labels.max() <= 7


@SIZES
def test_a_label_tells_which_columns_hold_a_shape(size):
    truth = of_size(size)
    pictures, labels = truth.sample(500, rng())
    for bit in range(3):
        start = bit * truth.column
        filled = (pictures[:, 0, :, start : start + truth.column] > 0).any((1, 2))
        assert (filled == (labels >> bit & 1).astype(bool)).all()
    beyond = pictures[:, 0, :, 3 * truth.column :]
    assert (beyond == -1).all()


def test_one_two_and_three_shapes_come_in_three_three_and_one_of_seven():
    n = 20_000
    _, labels = of_size(32).sample(n, rng())
    counts = np.bincount(np.bitwise_count(labels.astype(np.uint16)), minlength=4)
    expected = n * np.array([0, 3, 3, 1]) / 7
    # Four standard deviations of a count of about 3/7 of n.
    assert np.abs(counts - expected).max() < 4 * np.sqrt(n * 3 / 7 * 4 / 7)


@pytest.mark.parametrize("presence", [0.2, 0.5, 0.8])
def test_sets_of_shapes_come_as_independent_columns_give_them_once_blanks_are_dropped(presence):
    n, truth = 20_000, of_size(32, presence)
    drawn = rng().random((10 * n, 3)) < presence
    drawn = drawn[drawn.any(1)]
    expected = np.bincount(drawn @ [1, 2, 4], minlength=8)[1:] / len(drawn)
    assert truth.weights == pytest.approx(expected, abs=0.01)
    _, labels = truth.sample(n, rng(1))
    shares = np.bincount(labels, minlength=8)[1:] / n
    assert np.abs(shares - truth.weights).max() < 4 * np.sqrt(0.25 / n)


def test_independent_columns_would_leave_an_eighth_blank_and_dense_ones_one_in_125():
    assert of_size(32).independent_blanks == 0.125
    assert of_size(32, 0.8).independent_blanks == pytest.approx(0.008)


def test_where_every_shape_is_there_all_pictures_hold_three():
    assert set(of_size(32, 1.0).sample(50, rng())[1]) == {7}


@SIZES
def test_every_place_of_the_range_is_drawn_and_no_other(size):
    truth = of_size(size)
    pictures, labels = truth.sample(8_000, rng())
    for bit, shape in enumerate(truth.shapes):
        alone = pictures[labels == 1 << bit, 0] > 0
        top = alone.any(2).argmax(1)
        left = alone.any(1).argmax(1) - bit * truth.column
        for found, ends in ((top, shape.top), (left, shape.left)):
            assert set(found) == set(range(ends[0], ends[1] + 1))


@SIZES
def test_a_shape_is_its_template_but_for_a_tip_at_the_end_of_its_column(size):
    truth = of_size(size)
    pictures, labels = truth.sample(5_000, rng())
    for bit, shape in enumerate(truth.shapes):
        areas = (pictures[labels == 1 << bit] > 0).sum((1, 2, 3))
        area = shape.template.sum()
        assert set(areas) <= {area, area - 1}
    assert set(areas) == ({69, 70} if size == 64 else {23})


@SIZES
def test_true_shapes_never_touch(size):
    pictures, labels = of_size(size).sample(3_000, rng())
    assert [objects(picture) for picture in pictures[:, 0]] == [
        int(label).bit_count() for label in labels
    ]


def test_the_same_seed_draws_the_same_pictures_and_another_seed_others():
    first, again, other = (of_size(32).sample(20, rng(seed))[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("n", [0, 1])
def test_none_or_one_picture_can_be_drawn(n):
    pictures, labels = of_size(32).sample(n, rng())
    assert len(pictures) == len(labels) == n


# --- planted errors ----------------------------------------------------------------------------


@SIZES
@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_error_is_no_true_picture(size, kind):
    """A true picture is the union of templates at allowed places: try them all."""
    truth = of_size(size)
    for picture in plant(truth, kind, 60, rng())[:, 0]:
        assert not drawable(truth, picture), kind


@SIZES
def test_a_true_picture_can_be_drawn(size):
    truth = of_size(size)
    assert all(drawable(truth, picture) for picture in truth.sample(60, rng())[0][:, 0])


def drawable(truth, picture: np.ndarray) -> bool:
    """Whether a picture lies in the exact support."""
    if (picture == -1).all() or (picture[:, 3 * truth.column :] != -1).any():
        return False
    for shape in truth.shapes:
        start = shape.column * truth.column
        column = picture[:, start : start + truth.column]
        if (column == -1).all():
            continue
        if not set(np.unique(column)) <= {-1, 1}:
            return False
        top, left = (column > 0).any(1).argmax(), (column > 0).any(0).argmax()
        if not (shape.top[0] <= top <= shape.top[1] and shape.left[0] <= left <= shape.left[1]):
            return False
        expected = truth.blank(1)
        truth.draw(expected, np.array([0]), shape, np.array([top]), np.array([left]))
        if ((column > 0) != expected[0, :, start : start + truth.column]).any():
            return False
    return True


@SIZES
def test_two_of_a_shape_do_not_touch_unless_they_are_merged(size):
    truth = of_size(size)
    for kind in ("duplicate", "duplicate_elsewhere", "wrong_column", "out_of_position"):
        pictures = plant(truth, kind, 300, rng())[:, 0] > 0
        areas = [shape.template.sum() for shape in truth.shapes]
        for picture in pictures:
            regions, count = ndimage.label(picture, np.ones((3, 3)))
            found = ndimage.sum_labels(picture, regions, np.arange(1, count + 1))
            # Whole templates, or templates without the tip that the column's end cuts off.
            assert all(
                min(area - found_area for area in areas if area >= found_area) <= 1
                for found_area in found
            )


def test_degraded_pictures_keep_their_scale_and_show_haze_and_noise():
    black = np.full((4, 1, 64, 64), -1, np.float32)
    hazy = (degrade(black, 0.5, 0.3, 0.05, rng()) + 1) / 2
    assert hazy.mean() == pytest.approx(0.3, abs=0.005)
    assert hazy.std() == pytest.approx(0.05, abs=0.005)
    true, _ = of_size(32).sample(10, rng())
    assert (degrade(true, 0, 0, 0, rng()) == true).all()
    blurred = degrade(true, 0.6, 0, 0, rng())
    assert np.abs(blurred).max() <= 1
    assert blurred.mean() == pytest.approx(true.mean(), abs=1e-3)


def test_the_shapes_are_those_of_the_labels_of_the_counter():
    assert SHAPES == ("triangle", "square", "pentagon")
