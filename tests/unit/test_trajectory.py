import weakref

import numpy as np
import pandas as pd
import pytest
import torch

from mirage.diffusion import ReverseStep, Schedule, ddpm_steps, times_of
from mirage.exact import DiffusedMixture
from mirage.samplers import Stream, draw_block
from mirage.trajectory import MOST_BLOCKS, PathRecorder, WindowScores, choose_paths

WINDOWS = [(0, 1), (0, 4), (0, 9), (5, 14), (0, 29)]


def step(remaining: int) -> ReverseStep:
    """A step of a walk that visits every seventh time."""
    return ReverseStep(7 * remaining, remaining, 1.0, 1.0, 0.0, 0.0)


def watch(observer, path) -> None:
    """Show an observer the predictions of a path [steps, batch, *sample], last step last."""
    for remaining, x0_hat in zip(range(len(path) - 1, -1, -1), path, strict=True):
        observer(step(remaining), x0_hat, x0_hat)


def hal(path, window) -> np.ndarray:
    scores = WindowScores(["hal"], [window])
    watch(scores, path)
    return scores.columns()[f"hal_{window[0]}_{window[1]}"].numpy()


def two_pass(path, window) -> np.ndarray:
    """np.var over the window in float64, averaged over coordinates."""
    steps = len(path)
    first, last = window
    inside = path.double().numpy()[steps - 1 - last : steps - first]
    assert len(inside) == last - first + 1
    return np.var(inside, axis=0).reshape(inside.shape[1], -1).mean(1)


def noise(*shape, seed=0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("shape", [(1,), (2,), (1, 4, 4)], ids=str)
def test_hal_is_the_variance_over_the_window_averaged_over_coordinates(window, shape):
    path = noise(30, 8, *shape)
    np.testing.assert_allclose(hal(path, window), two_pass(path, window), rtol=1e-4)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_tiny_variance_of_a_settled_sample_survives_in_single_precision(window):
    # E[x^2] - E[x]^2 would round 4.00000001 to 4 here.
    path = 2 + 1e-4 * noise(30, 50, 2)
    assert path.dtype == torch.float32
    np.testing.assert_allclose(hal(path, window), two_pass(path, window), rtol=1e-3)
    assert np.median(hal(path, (0, 29))) == pytest.approx(1e-8, rel=0.1)


@pytest.mark.parametrize("window", [(0, 4), (0, 29)])
def test_a_prediction_that_does_not_move_scores_exactly_zero(window):
    path = torch.full((30, 3, 2), 0.1).cumsum(1)
    assert hal(path, window).tolist() == [0, 0, 0]


def test_a_window_counts_both_of_its_ends_in_steps_before_the_last():
    # The prediction is the number of steps remaining: 4, 3, 2 have variance 2/3.
    path = torch.arange(9.0, -1, -1).reshape(10, 1, 1)
    assert hal(path, (2, 4)) == pytest.approx(2 / 3)
    assert hal(path, (0, 1)) == pytest.approx(1 / 4)
    assert hal(path, (0, 9)) == pytest.approx(99 / 12)


def test_coordinates_are_averaged_and_samples_are_not():
    # Sample 0 moves by 2 in one of two coordinates (variance 1), sample 1 not at all.
    path = torch.tensor([[[0.0, 5.0], [7.0, 7.0]], [[2.0, 5.0], [7.0, 7.0]]])
    assert hal(path, (0, 1)).tolist() == [0.5, 0]


def test_a_jump_between_modes_outscores_a_settled_sample():
    settled, jumping = 1 + 0.01 * noise(10, 1, 1), 1 + 0.01 * noise(10, 1, 1, seed=1)
    jumping[-3:] += 1
    scores = hal(torch.cat([settled, jumping], 1), (0, 9))
    assert scores[1] > 100 * scores[0]


def test_every_detector_and_window_of_a_walk_matches_its_recorded_path(grid):
    schedule = Schedule(np.geomspace(1e-4, 0.3, 40))
    scores, recorder = WindowScores(["hal"], WINDOWS), PathRecorder(range(60))
    draw_block(
        DiffusedMixture(grid, schedule).noise,
        ddpm_steps(schedule, times_of(39, 40), "fixed_large"),
        block=0,
        size=60,
        stream=Stream((2,), 60),
        observers=[scores, recorder],
    )
    path = recorder.paths()[1].transpose(0, 1)
    columns = scores.columns()
    assert list(columns) == ["hal_0_1", "hal_0_4", "hal_0_9", "hal_5_14", "hal_0_29"]
    for (first, last), column in zip(WINDOWS, columns.values(), strict=True):
        expected = two_pass(path, (first, last))
        np.testing.assert_allclose(column.numpy(), expected, rtol=1e-3, atol=1e-12)


def test_no_prediction_is_kept_however_long_the_walk():
    scores, alive = WindowScores(["hal"], [(0, 9), (50, 150)]), []
    for remaining in range(299, -1, -1):
        x0_hat = noise(16, 2, seed=remaining)
        scores(step(remaining), x0_hat, x0_hat)
        alive.append(weakref.ref(x0_hat))
        del x0_hat
        assert not any(reference() is not None for reference in alive)
    assert all(column.shape == (16,) for column in scores.columns().values())


def test_scores_do_not_change_when_the_predictions_are_overwritten():
    scores, x0_hat = WindowScores(["hal"], [(0, 2)]), torch.empty(1, 1)
    for remaining, value in ((2, 1.0), (1, 2.0), (0, 3.0)):
        x0_hat.fill_(value)
        scores(step(remaining), x0_hat, x0_hat)
    assert scores.columns()["hal_0_2"].item() == pytest.approx(2 / 3)


@pytest.mark.parametrize("shape", [(2,), (1, 4, 4)], ids=str)
def test_a_recorder_keeps_the_paths_of_its_rows_in_their_order(shape):
    recorder = PathRecorder([5, 2])
    x, x0_hat = noise(7, 10, *shape), noise(7, 10, *shape, seed=1)
    for remaining in range(6, -1, -1):
        recorder(step(remaining), x[6 - remaining], x0_hat[6 - remaining])
    kept_x, kept_x0_hat = recorder.paths()
    assert recorder.times == [42, 35, 28, 21, 14, 7, 0]
    assert kept_x.shape == kept_x0_hat.shape == (2, 7, *shape)
    assert torch.equal(kept_x[0], x[:, 5])
    assert torch.equal(kept_x[1], x[:, 2])
    assert torch.equal(kept_x0_hat[0], x0_hat[:, 5])
    assert torch.equal(kept_x0_hat[1], x0_hat[:, 2])


def labelled(text: str) -> pd.DataFrame:
    """Scores from a line of labels, `v`alid, `i`nterpolated or `x` (invalid); | is no sample."""
    names = {"v": "valid", "i": "interpolated", "x": "invalid"}
    labels = [names[letter] for letter in text if letter != " "]
    return pd.DataFrame({"sample": range(len(labels)), "hal": 0.0, "label": labels})


def test_as_many_valid_as_hallucinated_paths_are_chosen_in_the_order_drawn():
    chosen = choose_paths([labelled("vvvi vxvi iiiv")], count=3, block_size=4)
    assert chosen["sample"].tolist() == [0, 1, 2, 3, 5, 7]
    assert (chosen["label"] != "valid").sum() == 3


def test_paths_come_from_the_few_blocks_with_most_hallucinations():
    # Blocks of four with 0, 1, 2, 0, 3, 4 hallucinations: the first and fourth are passed over.
    scores = labelled("vvvv vvvi vixv vvvv viix ixxi")
    chosen = choose_paths([scores], count=100, block_size=4)
    assert set(chosen["sample"] // 4) == {1, 2, 4, 5}
    assert MOST_BLOCKS == 4
    assert (chosen["label"] != "valid").sum() == 10


def test_the_same_paths_are_chosen_from_scores_in_parts():
    scores = labelled("vvvv vvvi vixv vvvv viix ixxi xxxx viii")
    parts = [scores.iloc[:12], scores.iloc[12:16], scores.iloc[16:]]
    whole = choose_paths([scores], count=3, block_size=4)
    assert choose_paths(parts, count=3, block_size=4).equals(whole)


def test_fewer_paths_are_chosen_where_hallucinations_are_rare():
    chosen = choose_paths([labelled("vvvv vvxv vvvv")], count=2, block_size=4)
    assert chosen["label"].value_counts().to_dict() == {"valid": 2, "invalid": 1}


def test_where_nothing_is_hallucinated_valid_paths_are_kept():
    assert choose_paths([labelled("vvvv vvvv")], count=3, block_size=4)["sample"].tolist() == [
        0,
        1,
        2,
    ]


def test_without_labels_the_lowest_and_the_highest_scores_are_chosen():
    scores = pd.DataFrame({"sample": range(8), "hal": [3.0, 1, 7, 4, 0, 2, np.nan, 5]})
    chosen = choose_paths([scores], count=2, block_size=4)
    assert dict(zip(chosen["sample"], chosen["label"], strict=True)) == {
        1: "lowest",
        2: "highest",
        4: "lowest",
        6: "highest",
    }
    assert chosen["sample"].is_monotonic_increasing


def test_without_labels_no_sample_is_chosen_twice_from_parts_that_number_rows_alike():
    hal = np.random.default_rng(0).permutation(80) / 80
    scores = pd.DataFrame({"sample": range(80), "hal": hal})
    parts = [scores.iloc[:40], scores.iloc[40:].reset_index(drop=True)]
    whole = choose_paths([scores], count=5, block_size=4)
    found = choose_paths(parts, count=5, block_size=4)
    assert found["sample"].is_unique
    assert found["sample"].tolist() == whole["sample"].tolist()


def test_another_detector_chooses_by_its_own_score():
    scores = pd.DataFrame({"sample": range(4), "hal": range(4), "mine": [0, 3, 1, 2]})
    chosen = choose_paths([scores], count=1, block_size=4, detector="mine")
    assert chosen.set_index("label")["sample"].to_dict() == {"lowest": 0, "highest": 1}


def test_without_labels_too_the_paths_come_from_few_blocks():
    scores = pd.DataFrame({"sample": range(4000), "hal": np.arange(4000) % 991 / 991})
    chosen = choose_paths([scores], count=30, block_size=100)
    assert chosen["label"].value_counts().to_dict() == {"lowest": 30, "highest": 30}
    assert (chosen["sample"] // 100).nunique() <= MOST_BLOCKS


def test_no_sample_is_both_lowest_and_highest():
    scores = pd.DataFrame({"sample": range(5), "hal": 0.0})
    chosen = choose_paths([scores], count=4, block_size=5)
    assert chosen["label"].tolist() == ["lowest"] * 2 + ["highest"] * 2


def test_a_recorder_keeps_the_last_steps_alone_where_asked():
    recorder, x = PathRecorder([0], steps=3), noise(10, 2, 1, 4, 4)
    watch(recorder, x)
    assert recorder.times == [14, 7, 0]
    assert torch.equal(recorder.paths()[1], x[-3:, :1].transpose(0, 1))


def moving(path, window=(0, 9)) -> np.ndarray:
    scores = WindowScores(["hal_moving"], [window])
    watch(scores, path)
    return scores.columns()[f"hal_moving_{window[0]}_{window[1]}"].numpy()


def still(path, pixels: int) -> torch.Tensor:
    """The same pictures in a frame of pixels that never change."""
    return torch.nn.functional.pad(path, (0, pixels), value=0.7)


@pytest.mark.parametrize("shape", [(2,), (1, 4, 4), (3, 4, 4)], ids=str)
def test_hal_of_what_moves_is_the_variance_weighted_by_itself(shape):
    path = noise(10, 8, *shape) * noise(*shape, seed=1)
    variance = np.var(path.double().numpy(), axis=0).reshape(8, -1)
    expected = [np.average(each, weights=each) for each in variance]
    np.testing.assert_allclose(moving(path), expected, rtol=1e-4)


def test_a_still_background_dilutes_hal_but_not_hal_of_what_moves():
    path = noise(10, 8, 1, 4, 4)
    framed = still(path, 12)
    np.testing.assert_allclose(moving(framed), moving(path), rtol=1e-6)
    np.testing.assert_allclose(hal(framed, (0, 9)), hal(path, (0, 9)) / 4, rtol=1e-5)


@pytest.mark.parametrize("pixels", [1, 3, 16])
def test_pixels_that_move_alike_score_their_variance_whatever_their_number(pixels):
    path = torch.zeros(2, 1, 16)
    path[1, :, :pixels] = 2  # from 0 to 2: a variance of 1
    assert moving(path, (0, 1)) == pytest.approx(1)


def test_on_a_line_it_is_hal_and_it_is_never_below():
    line, plane = noise(10, 50, 1), noise(10, 50, 2)
    np.testing.assert_allclose(moving(line), hal(line, (0, 9)), rtol=1e-6)
    assert (moving(plane) >= hal(plane, (0, 9)) * (1 - 1e-6)).all()


def test_hal_of_what_moves_grows_with_the_square_of_the_amplitude_down_to_the_smallest():
    path = noise(10, 8, 1, 4, 4)
    # Variances of 1e-24, whose squares are below the smallest float32.
    np.testing.assert_allclose(moving(1e-12 * path), 1e-24 * moving(path), rtol=1e-3)


def test_where_nothing_moves_it_is_zero_and_where_all_is_lost_undefined():
    assert moving(torch.full((10, 3, 1, 4, 4), 0.1)).tolist() == [0, 0, 0]
    assert np.isnan(moving(torch.full((10, 1, 2), np.nan))).all()


# --- Hal by object ------------------------------------------------------------------------------

BOX = (slice(None), slice(None), slice(1, 4), slice(1, 4))
CORNER = (slice(None), slice(None), slice(6, 9), slice(6, 9))


def of_objects(path, window=(0, 9), union=False) -> np.ndarray:
    name = "hal_objects_union" if union else "hal_objects"
    scores = WindowScores([name], [window])
    watch(scores, path)
    return scores.columns()[f"{name}_{window[0]}_{window[1]}"].numpy()


def black(steps: int = 10) -> torch.Tensor:
    """Two pictures of 10 pixels a side that stay black: [steps, 2, 1, 10, 10]."""
    return torch.full((steps, 2, 1, 10, 10), -1.0)


def test_the_object_that_moves_most_is_the_score_whatever_stands_still_beside_it():
    path = black()
    flicker = torch.tensor([1.0, 0.2] * 5)[:, None, None, None]
    for step, level in zip(path, flicker, strict=True):
        step[BOX] = level
    step_beside = path.clone()
    step_beside[(slice(None), *CORNER)] = 1.0
    expected = [0.16] * 2
    assert of_objects(path) == pytest.approx(expected)
    assert of_objects(step_beside) == pytest.approx(expected)


def test_a_picture_that_ends_without_an_object_scores_zero_and_its_union_does_not():
    path = black()
    path[(slice(0, 5), *BOX)] = 1.0
    assert of_objects(path).tolist() == [0, 0]
    assert of_objects(path, union=True) == pytest.approx([1, 1])


def test_objects_are_those_of_the_end_however_early_the_window():
    path = black(20)
    path[(slice(0, 5), *BOX)] = 1.0  # given up
    path[(slice(10, 20), *CORNER)] = 1.0  # there at the end, and not within the window
    assert of_objects(path, (12, 19)) == pytest.approx([0, 0])
    path[(slice(0, 4), *CORNER)] = 1.0
    assert of_objects(path, (12, 19)) == pytest.approx([1, 1])


def test_a_speck_is_no_object_and_pixels_that_touch_at_a_corner_are_one():
    path = black()
    path[0, :, :, 1, 1] = 1.0
    path[5:, :, :, 1, 1] = 1.0
    assert of_objects(path).tolist() == [0, 0]
    for place in range(1, 5):  # a diagonal of four
        path[5:, :, :, place, place] = 1.0
    assert (of_objects(path) > 0).all()


def test_objects_of_one_picture_are_not_those_of_the_next():
    path = black()
    path[5:, 0, :, 1:4, 1:4] = 1.0
    still, moving_one = of_objects(path)[::-1]
    assert (still, moving_one) == (0, pytest.approx(1))
