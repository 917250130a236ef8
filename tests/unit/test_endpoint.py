"""Where points ended, how wide the modes are, and what widening alone would show."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi, norm

from mirage.datasets import mixtures
from mirage.datasets.mixtures import GaussianMixture
from mirage.metrics.bridging import Ended, measure
from mirage.metrics.controls import blurred, planted, stretched
from mirage.metrics.endpoint import (
    ENDPOINTS,
    between_neighbours,
    label,
)
from mirage.metrics.spacing import SpacingError, require_spacing
from mirage.metrics.widening import floors, segment_floors
from mirage.metrics.width import of_blur, of_distances, of_each_mode, of_modes

RADIUS = 5.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def gap():
    """Modes at 1, 2, 4, 5 of standard deviation 0.05: segments of 20, 40 and 20 std."""
    return mixtures.line([1, 2, 4, 5])


@pytest.fixture(scope="module")
def square():
    """Four corners of a square of 40 standard deviations."""
    return GaussianMixture(np.array([[0.0, 0], [0, 40], [40, 0], [40, 40]]), 1.0)


# --- labels -------------------------------------------------------------------------------------


def test_neighbours_on_a_lattice_are_its_sides(grid, rotated):
    for mixture in (grid, rotated):
        segments = between_neighbours(mixture)
        assert len(segments.ends) == 40
        assert segments.lengths == pytest.approx(mixture.spacing / mixture.std)


def test_neighbours_on_a_line_are_next_to_each_other_however_far(gap):
    segments = between_neighbours(gap)
    assert segments.ends.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert segments.lengths == pytest.approx([20, 40, 20])


def test_all_three_sides_of_an_even_triangle_join_neighbours():
    corners = np.exp(2j * np.pi * np.arange(3) / 3)
    triangle = GaussianMixture(np.stack([corners.real, corners.imag], 1), 0.01)
    assert len(between_neighbours(triangle).ends) == 3


@pytest.mark.parametrize(
    ("point", "endpoint"),
    [
        ((0, 0), "valid"),
        ((3, 4), "valid"),
        ((5.1, 0), "widened"),
        ((-7, -7), "widened"),
        ((9.9, 0), "widened"),
        ((10.1, 0), "bridge"),
        ((20, 0), "bridge"),
        ((20, 4.9), "bridge"),
        ((20, 5.1), "stray"),
        ((20, -4.9), "bridge"),
        ((20, 20), "stray"),
        ((-10.1, 0), "stray"),
        ((12, 12), "stray"),
        ((np.nan, 0), "stray"),
    ],
    ids=str,
)
def test_points_placed_by_hand(square, point, endpoint):
    found = label(np.array([point], float), square, RADIUS).iloc[0]
    assert found["endpoint"] == endpoint


@pytest.mark.parametrize(
    ("point", "endpoint", "segment"),
    [
        (1.2, "valid", -1),
        (1.3, "bridge", 0),  # 6 std of a segment of 20
        (2.3, "widened", 1),  # 6 std of a segment of 40
        (2.49, "widened", 1),
        (2.51, "bridge", 1),
        (3.0, "bridge", 1),
        (3.6, "widened", 1),
        (4.3, "bridge", 2),
        (0.7, "stray", 0),  # beyond a quarter, on no segment
        (5.24, "valid", -1),
        (9.0, "stray", 2),
    ],
)
def test_each_segment_sets_its_own_measures(gap, point, endpoint, segment):
    found = label(np.array([[point]]), gap, RADIUS).iloc[0]
    assert (found["endpoint"], found["segment"]) == (endpoint, segment)


def test_labels_tell_mode_and_distance(square):
    found = label(np.array([[36.0, 3.0], [np.inf, 0.0]]), square, RADIUS)
    assert found["mode"].tolist() == [2, -1]
    assert found["distance"].tolist() == [5.0, np.inf]


def test_turning_and_scaling_everything_changes_no_label(rotated):
    points = planted(between_neighbours(rotated), 5_000, 0.5, rng(), width=3.0)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    other = GaussianMixture(7 * rotated.means @ turn.T, 7 * rotated.std)
    before = label(points, rotated, RADIUS)["endpoint"]
    after = label(7 * points @ turn.T, other, RADIUS)["endpoint"]
    assert before.tolist() == after.tolist()


@pytest.mark.parametrize("spacing", [10, 19])
def test_modes_nearer_than_four_radii_are_refused_in_a_line(spacing):
    close = mixtures.line([0, spacing], std=1)
    with pytest.raises(SpacingError, match=f"{spacing} std apart.* it takes 20 std") as error:
        label(np.zeros((1, 1)), close, RADIUS)
    assert "\n" not in str(error.value)
    with pytest.raises(SpacingError):
        floors(close, RADIUS, 1.0)


def test_the_published_mixtures_are_just_far_enough(line, grid, rotated):
    for mixture in (line, grid, rotated, mixtures.grid(std=0.1)):
        require_spacing(mixture, RADIUS)


# --- rates --------------------------------------------------------------------------------------


def measured(points, mixture, parts=1):
    ended = Ended(mixture)
    for part in np.array_split(points, parts):
        ended.add(label(part, mixture, RADIUS))
    return measure(ended, RADIUS)


def of(rows, metric, **at):
    """The rows of a metric; the one row if they are told apart."""
    chosen = [r for r in rows if r.metric == metric and all(getattr(r, k) == at[k] for k in at)]
    return chosen[0] if at else chosen


def test_rates_by_segment_are_told_by_segment_and_by_length(gap):
    points = np.array([[1.5], [1.51], [1.52], [1.53], [3.0], [3.01]] + [[1.0]] * 94)
    rows = measured(points, gap)
    assert [row.value for row in of(rows, "segment_rate")] == [0.04, 0.02, 0.0]
    assert [row.segment for row in of(rows, "segment_rate")] == [0, 1, 2]
    # Half of each segment counts: 10, 20 and 10 std.
    per_std = of(rows, "segment_rate_per_std")
    assert [row.value for row in per_std] == pytest.approx([0.004, 0.001, 0])
    assert all(row.low <= row.value < row.high for row in per_std)


def test_segments_of_one_length_are_not_told_apart(line):
    assert of(measured(np.array([[1.5], [2.0]]), line), "segment_rate") == []


def test_bridges_spread_evenly_are_as_many_on_each_std_of_a_long_segment_as_of_a_short_one(gap):
    rows = measured(rng().uniform(1, 5, (200_000, 1)), gap)
    # 1 over 80 std; four binomial standard errors of a share of 1/8.
    values = [row.value for row in of(rows, "segment_rate_per_std")]
    assert values == pytest.approx([1 / 80] * 3, rel=4 * (7 / 200_000) ** 0.5)


@pytest.mark.parametrize("name", ["gap", "rotated"])
def test_a_generation_in_parts_is_measured_as_in_one(request, name):
    mixture = request.getfixturevalue(name)
    points = planted(between_neighbours(mixture), 3_000, 0.1, rng(), width=2.0)
    assert measured(points, mixture, parts=7) == measured(points, mixture)


def test_no_samples_have_no_rates(line):
    assert measure(Ended(line), RADIUS) == []


# --- widths and floors --------------------------------------------------------------------------


def pooled(distances, dim):
    return of_distances(np.ravel(distances), np.zeros(np.size(distances), int), 1, dim)


@pytest.mark.parametrize("name", ["line", "grid"])
@pytest.mark.parametrize("width", [1.0, 1.5])
def test_the_width_of_blurred_modes_is_found(request, name, width):
    mixture = request.getfixturevalue(name)
    labels = label(blurred(mixture, 100_000, width, rng()), mixture, RADIUS)
    found = pooled(labels["distance"].to_numpy(), mixture.means.shape[1])
    # The error of a median is below 1.2 / sqrt(n) of the width.
    assert found.value == pytest.approx(width, rel=4 * 1.2 / 100_000**0.5)
    assert found.low < found.value < found.high


def test_the_interval_of_the_width_covers():
    distances = chi(2).rvs((2_000, 500), random_state=rng())
    found = of_distances(distances.ravel(), np.repeat(np.arange(2_000), 500), 2_000, 2)
    inside = (found.low <= 1) & (found.high >= 1)
    assert np.mean(inside) == pytest.approx(0.95, abs=4 * (0.05 * 0.95 / 2_000) ** 0.5 + 0.01)


def test_groups_have_their_own_medians_whatever_their_order_and_size():
    distances, groups = np.array([5.0, 1.0, 3.0, np.inf, 7.0, 2.0]), np.array([2, 0, 2, 0, 2, 0])
    found = of_distances(distances, groups, 4, 1)
    medians = found.value * chi.median(1)
    assert medians[[0, 2]] == pytest.approx([2, 5])
    assert np.isnan(medians[[1, 3]]).all()
    assert np.isinf(found.high[0])


def test_ten_percent_on_bridges_widen_the_modes_by_eight_and_never_shrink_them(grid):
    points = planted(between_neighbours(grid), 200_000, 0.1, rng())
    found = pooled(label(points, grid, RADIUS)["distance"].to_numpy(), 2)
    assert found.value == pytest.approx((np.log(1 - 5 / 9) / np.log(1 / 2)) ** 0.5, abs=0.01)
    assert 1 < found.value < 1.09


def test_modes_that_are_stretched_to_their_neighbours_are_as_wide_as_the_stretch(rotated):
    n = 100_000
    points = stretched(between_neighbours(rotated), n, 2.0, rng())
    labels = label(points, rotated, RADIUS)
    found = of_modes(labels, rotated)
    assert found.value[0] == pytest.approx(2, rel=4 * 1.2 / n**0.5)
    assert pooled(labels["distance"].to_numpy(), 2).value < 1.5
    # So that they have fewer bridges than their floor, not a hundred times as many.
    hits = (labels["endpoint"] == "bridge").sum()
    assert 10 < hits < n * floors(rotated, RADIUS, found.value)["bridge"]


def test_one_mode_that_is_stretched_has_its_own_width_and_floor(rotated):
    near, n = between_neighbours(rotated), 100_000
    points = stretched(near, n, 3.0, rng(), alone=True)
    labels = label(points, rotated, RADIUS)
    found = of_each_mode(labels, rotated)
    assert found.value.shape == (1, 25)
    mode = near.ends[0, 0]
    assert found.value[0, mode] == pytest.approx(3, rel=4 * 1.2 / (n / 25) ** 0.5)
    assert np.delete(found.value[0], mode) == pytest.approx(np.ones(24), abs=0.1)
    assert of_modes(labels, rotated).value[0] < 1.1
    rates = [row for row in measured(points, rotated) if row.label == "bridge"]
    assert rates[0].value > 1e-4
    assert rates[0].value < rates[0].blurred


def test_a_mode_that_is_no_wider_than_all_is_blurred_to_the_upper_end_of_these(line):
    labels = label(blurred(line, 5_000, 1.5, rng()), line, RADIUS)
    labels = labels[labels["mode"] != 1]
    (blur,) = of_blur(labels, line)
    own, whole = of_each_mode(labels, line).value[0], of_modes(labels, line).high[0]
    assert blur[1] == whole  # without a point
    assert blur.tolist() == np.fmax(own, whole).tolist()


def test_models_that_stand_one_after_the_other_are_measured_one_by_one(rotated):
    points = [blurred(rotated, 2_000, width, rng()) for width in (1.0, 2.0)]
    alone = [of_blur(label(x, rotated, RADIUS), rotated)[0] for x in points]
    both = of_blur(label(np.concatenate(points), rotated, RADIUS), rotated, models=2)
    assert both == pytest.approx(np.stack(alone))


@pytest.mark.parametrize("width", [1.0, 1.5, 2.5])
@pytest.mark.parametrize("means", [[1, 2, 3], [1, 2, 4, 5]], ids=str)
def test_floors_on_a_line_are_those_of_the_normal_distribution(means, width):
    mixture = mixtures.line(means)
    sides = np.diff(means)
    ends = [(a + s / 4, a + 3 * s / 4) for a, s in zip(means[:-1], sides, strict=True)]
    modes = norm(scale=width * mixture.std)
    by_hand = []
    for end in ends:  # from the lower tail, on whichever side of the mode the segment is
        near, far = np.sort(np.abs(np.subtract.outer(end, means)), axis=0)
        by_hand.append(np.mean(modes.cdf(-near) - modes.cdf(-far)))
    found = floors(mixture, RADIUS, width)
    assert found["bridge"] == pytest.approx(sum(by_hand), rel=0.01)
    assert sum(found.values()) == pytest.approx(1)
    assert segment_floors(mixture, RADIUS, width) == pytest.approx(by_hand, rel=0.01)


def test_the_floor_of_a_lattice_is_the_share_of_directions_on_its_sides(grid):
    width, length, sides = 1.5, 40.0, 2 * 40 / 25

    def density(r: float) -> float:
        # Each side takes up the angle in which its strip is seen.
        return chi(2).pdf(r / width) / width * sides * np.arcsin(length / 8 / r) / np.pi

    by_hand, _ = quad(density, length / 4, length / 2, epsabs=0)
    assert floors(grid, RADIUS, width)["bridge"] == pytest.approx(by_hand, rel=0.01)


def test_a_pure_blur_shows_no_bridges_above_its_floor(rotated):
    n = 300_000
    rows = measured(blurred(rotated, n, 1.8, rng()), rotated)
    (width,) = of(rows, "mode_width")
    assert width.value == pytest.approx(1.8, rel=0.01)
    bridge = of(rows, "endpoint_rate", label="bridge")
    assert bridge.value * n > 50  # the blur does reach where bridges are
    assert bridge.floor < 1e-10 < bridge.blurred
    expected = floors(rotated, RADIUS, 1.8)
    for name in ENDPOINTS:
        row = of(rows, "endpoint_rate", label=name)
        assert row.value * n == pytest.approx(
            n * expected[name], abs=4 * (n * expected[name]) ** 0.5
        )
    assert of(rows, "endpoint_excess", label="bridge").low < 0


def test_planted_bridges_are_the_excess_over_both_floors(grid):
    n, share = 100_000, 0.01
    rows = measured(planted(between_neighbours(grid), n, share, rng()), grid)
    excess = of(rows, "endpoint_excess", label="bridge")
    # Four binomial standard errors, and the ends, where noise carries a few off.
    assert excess.value == pytest.approx(share, abs=4 * (share / n) ** 0.5 + 2e-4)
    assert 0 < excess.low < excess.value < excess.high
    assert of(rows, "endpoint_rate", label="bridge").blurred < 1e-15
    assert of(rows, "mode_width")[0].value == pytest.approx(1, abs=0.02)
    (towards,) = of(rows, "towards_neighbours")
    assert towards.n == pytest.approx(n * share, rel=0.3)
    assert towards.value > 0.9 > 0.7 > towards.floor
