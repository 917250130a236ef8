import math

import numpy as np
import pytest
import torch
from scipy.stats import chi, chisquare

from mirage.diffusion import Schedule, ddim_steps, ddpm_steps, times_of
from mirage.exact import DiffusedMixture
from mirage.networks.mlp import TemporalMLP
from mirage.samplers import Stream, blocks, draw_block, walk
from mirage.trajectory import WindowScores

FINE = Schedule(np.concatenate([np.geomspace(1e-6, 0.2, 200), np.full(35, 0.2)]))
"""Noise that falls in even ratios to well below a mode's width: abar ends at 1e-5."""

EVERY = times_of(len(FINE.betas) - 1, len(FINE.betas))
FIFTY = times_of(len(FINE.betas) - 1, 50)
WALKS = {
    "ddpm fixed_large": ddpm_steps(FINE, EVERY, "fixed_large"),
    "ddpm fixed_small": ddpm_steps(FINE, EVERY, "fixed_small"),
    "ddpm in 50 steps": ddpm_steps(FINE, FIFTY, "fixed_large"),
    "ddim": ddim_steps(FINE, EVERY, 0.0),
    "ddim in 50 steps": ddim_steps(FINE, FIFTY, 0.0),
    "ddim with half the noise": ddim_steps(FINE, EVERY, 0.5),
}
FINE_WALKS = [kind for kind in WALKS if "50" not in kind]
LINEAR_WALKS = [kind for kind in WALKS if kind != "ddim in 50 steps"]
"""Those fine or noisy enough that a mode's neighbours do not bend its samples' paths."""
SAMPLES = 3000
STREAM = {"block_size", "seed", "generation"}


def draw(model, steps, dim, **options):
    """A full block of samples."""
    told = {"block_size": 500} | options
    stream = Stream((dim,), **{key: told[key] for key in STREAM & told.keys()})
    others = {key: told[key] for key in told.keys() - STREAM}
    return draw_block(model, steps, stream=stream, **({"block": 0, "size": 500} | others))


def offsets(x, mixture):
    """Nearest mode of each point [n], and its offset from it in standard deviations [n, d]."""
    x = x.double().numpy()
    modes = np.linalg.norm(x[:, None] - mixture.means, axis=-1).argmin(1)
    return modes, (x - mixture.means[modes]) / mixture.std


def predicted_variance(steps, schedule, std):
    """Variance that a walk gives to one mode, over the true one: in closed form.

    For data N(0, std^2) the perfect network is linear in x_t, so each step maps a
    variance V to gain^2 V + sigma^2, from 1 at the start.
    """
    variance = 1.0
    for step in steps:
        abar = schedule.alphas_cumprod[step.t]
        noise_per_x = math.sqrt(1 - abar) / (abar * std**2 + 1 - abar)
        x0_per_x = (1 - math.sqrt(1 - abar) * noise_per_x) / math.sqrt(abar)
        gain = step.from_x0 * x0_per_x + step.from_x
        variance = gain**2 * variance + step.sigma**2
    return variance / std**2


@pytest.fixture(scope="module")
def walked(line, grid):
    """Samples of each kind of walk with a perfect network, walked once."""
    drawn = {}

    def samples(name, kind):
        if (name, kind) not in drawn:
            mixture = {"line": line, "grid": grid}[name]
            model = DiffusedMixture(mixture, FINE).noise
            dim = mixture.means.shape[1]
            x = draw(model, WALKS[kind], dim, size=SAMPLES, block_size=SAMPLES)
            drawn[name, kind] = (mixture, *offsets(x, mixture))
        return drawn[name, kind]

    return samples


@pytest.mark.parametrize("kind", WALKS)
@pytest.mark.parametrize("name", ["line", "grid"])
def test_a_perfect_network_fills_all_modes_equally(walked, name, kind):
    mixture, modes, _ = walked(name, kind)
    counts = np.bincount(modes, minlength=len(mixture.means))
    if kind in FINE_WALKS:  # rejected once in 10,000 where the weights are equal
        assert chisquare(counts).pvalue > 1e-4
    else:  # few steps favour the middle of a line, by 8 %
        np.testing.assert_allclose(counts / counts.mean(), 1, atol=0.1 + 4 / counts.mean() ** 0.5)


@pytest.mark.parametrize("kind", LINEAR_WALKS)
@pytest.mark.parametrize("name", ["line", "grid"])
def test_a_perfect_network_gives_each_mode_its_mean_and_predicted_width(walked, name, kind):
    mixture, modes, offset = walked(name, kind)
    width = predicted_variance(WALKS[kind], FINE, mixture.std) ** 0.5
    for mode in range(len(mixture.means)):
        inside = offset[modes == mode] / width
        # Standard errors 1/sqrt(n) of a mean and sqrt(2/n) of a variance: 4.5 of each, for
        # 28 modes of five walks.
        np.testing.assert_allclose(inside.mean(0), 0, atol=4.5 / math.sqrt(len(inside)))
        assert inside.var() == pytest.approx(1, abs=4.5 * math.sqrt(2 / inside.size))


@pytest.mark.parametrize("name", ["line", "grid"])
def test_fifty_steps_of_ddim_give_each_mode_its_mean_and_width_to_a_tenth_or_two(walked, name):
    mixture, modes, offset = walked(name, "ddim in 50 steps")
    assert offset.std() == pytest.approx(1, abs=0.1)
    for mode in range(len(mixture.means)):
        inside = offset[modes == mode]
        # 0.2 and 0.1 of a std, and four standard errors of a mean and of a std.
        np.testing.assert_allclose(inside.mean(0), 0, atol=0.2 + 4 / math.sqrt(len(inside)))
        assert inside.std() == pytest.approx(1, abs=0.1 + 4 / math.sqrt(2 * inside.size))


@pytest.mark.parametrize("kind", FINE_WALKS)
@pytest.mark.parametrize("name", ["line", "grid"])
def test_small_steps_with_a_perfect_network_show_the_floor_beyond_3_std(walked, name, kind):
    mixture, _, offset = walked(name, kind)
    n, dim = offset.shape
    floor = {1: 0.0027, 2: 0.0111}[dim]
    width = predicted_variance(WALKS[kind], FINE, mixture.std) ** 0.5
    assert width == pytest.approx(1, abs=0.025)
    beyond = (np.linalg.norm(offset, axis=1) > 3).mean()
    # Four binomial standard errors, and what 2.5 % of width change at a density of
    # 3 std: at most chi.pdf(3) * 0.075.
    slack = chi.pdf(3, dim) * 0.075
    assert beyond == pytest.approx(floor, abs=4 * math.sqrt(floor * (1 - floor) / n) + slack)


@pytest.mark.parametrize("kind", FINE_WALKS)
@pytest.mark.parametrize("name", ["line", "grid"])
def test_a_perfect_network_does_not_hallucinate_in_small_steps(walked, name, kind):
    _, _, offset = walked(name, kind)
    # 3000 exact draws in 2D have 0.011 of their number beyond 5 std, so 1 % of walks has any.
    assert np.linalg.norm(offset, axis=1).max() < 5


@pytest.mark.parametrize("name", ["line", "grid"])
def test_fifty_steps_of_ddim_with_a_perfect_network_hardly_hallucinate(walked, name):
    _, _, offset = walked(name, "ddim in 50 steps")
    # About 0.05 % were seen over several seeds; 0.3 % is 9 of 3000 draws.
    assert (np.linalg.norm(offset, axis=1) > 5).mean() < 0.003


@pytest.mark.parametrize(
    ("variance", "width"), [("fixed_large", 0.623), ("fixed_small", 0.469)], ids=str
)
def test_the_official_steps_are_too_coarse_for_the_grid_even_with_a_perfect_network(
    official, grid, variance, width
):
    # The first noise, of standard deviation sqrt(0.001) = 0.032, is wider than a mode, and
    # the last step returns the mean of what it may have come from.
    steps = ddpm_steps(official, times_of(399, 400), variance)
    x = draw(DiffusedMixture(grid, official).noise, steps, 2, size=1000, block_size=1000)
    _, offset = offsets(x, grid)
    assert predicted_variance(steps, official, grid.std) ** 0.5 == pytest.approx(width, abs=1e-3)
    # 2000 coordinates: the standard error of their std is width / sqrt(4000); four of them.
    assert offset.std() == pytest.approx(width, abs=4 * width / math.sqrt(4000))


def test_starting_where_the_signal_is_gone_loses_nothing(official, line):
    # abar_399 = 5e-8: the modes' means are 7e-4 there, under 0.1 % of the noise.
    model = DiffusedMixture(line, official).noise
    widths = {}
    for start in (399, 999):
        steps = ddpm_steps(official, times_of(start, start + 1), "fixed_large")
        modes, offset = offsets(draw(model, steps, 1, size=1000, block_size=1000), line)
        assert chisquare(np.bincount(modes, minlength=3)).pvalue > 1e-4
        widths[start] = offset.std()
    # Each std has standard error 0.94 / sqrt(2000); their difference sqrt(2) times that.
    assert widths[399] == pytest.approx(widths[999], abs=4 * 0.94 * math.sqrt(2 / 2000))


# --- cutting into blocks and shards ------------------------------------------------------------

COARSE = ddpm_steps(FINE, times_of(len(FINE.betas) - 1, 20), "fixed_large")
WINDOWS = [(0, 4), (5, 14)]


def cut(model, pieces):
    """Draw (block, size) pieces of blocks of 50: samples and scores by block."""
    drawn = {}
    for block, size in pieces:
        scores = WindowScores(["hal"], WINDOWS)
        x = draw(model, COARSE, 2, block=block, size=size, block_size=50, observers=[scores])
        drawn[block] = torch.column_stack([x, *scores.columns().values()])
    return torch.cat([drawn[block] for block in sorted(drawn)])


@pytest.fixture(params=["exact", "network"])
def model(request, grid):
    if request.param == "exact":
        return DiffusedMixture(grid, FINE).noise
    torch.manual_seed(0)
    return TemporalMLP(2, width=32)


def test_samples_and_scores_are_the_same_however_they_are_cut(model):
    whole = cut(model, blocks(330, 50))
    assert whole.shape == (330, 4)
    sizes = [50] * 6 + [30]
    shards = [list(blocks(size, 50, 50 * shard)) for shard, size in enumerate(sizes)]
    assert [len(shard) for shard in shards] == [1] * 7
    assert torch.equal(cut(model, [piece for shard in shards for piece in shard]), whole)
    assert torch.equal(cut(model, [piece for shard in shards[::-1] for piece in shard]), whole)
    two = [*blocks(200, 50), *blocks(130, 50, 200)]
    assert torch.equal(cut(model, two), whole)


def test_asking_for_more_samples_only_adds_to_those_drawn_before(model):
    fewer, more = cut(model, blocks(330, 50)), cut(model, blocks(400, 50))
    # The same walks; a product of another batch size may round differently.
    torch.testing.assert_close(more[:330], fewer, rtol=1e-3, atol=1e-5)


def test_the_global_random_state_changes_nothing(model):
    torch.manual_seed(1)
    first = cut(model, [(0, 50)])
    torch.manual_seed(2)
    assert torch.equal(cut(model, [(0, 50)]), first)


@pytest.mark.parametrize("key", [{"seed": 1}, {"generation": 1}, {"block": 1}])
def test_another_seed_generation_or_block_gives_other_samples(grid, key):
    model = DiffusedMixture(grid, FINE).noise
    first, second = draw(model, COARSE, 2), draw(model, COARSE, 2, **key)
    assert not torch.isclose(first, second).all(1).any()


@pytest.mark.parametrize(
    ("samples", "size", "first", "expected"),
    [
        (25, 10, 0, [(0, 10), (1, 10), (2, 5)]),
        (25, 10, 30, [(3, 10), (4, 10), (5, 5)]),
        (20, 10, 0, [(0, 10), (1, 10)]),
        (3, 10, 10, [(1, 3)]),
    ],
)
def test_blocks_are_whole_but_for_the_last(samples, size, first, expected):
    assert list(blocks(samples, size, first)) == expected


# --- the walk itself ---------------------------------------------------------------------------


def test_observers_are_called_once_a_step_counting_down_to_zero(grid):
    seen = []
    model = DiffusedMixture(grid, FINE).noise
    draw(model, WALKS["ddim in 50 steps"], 2, observers=[lambda step, *_: seen.append(step)])
    assert [step.remaining for step in seen] == list(range(49, -1, -1))
    assert [step.t for step in seen] == FIFTY.tolist()


def test_an_observer_sees_the_point_and_what_the_network_makes_of_it():
    seen = []
    start = torch.tensor([[0.5], [-2.0]])
    steps = ddim_steps(Schedule(np.array([0.36])), np.array([0]), 0.0)
    end = walk(
        lambda x, t: x / 2,
        start,
        steps,
        draw_noise=lambda: pytest.fail("no noise is needed"),
        observers=[lambda step, x, x0_hat: seen.append((x, x0_hat))],
    )
    # abar = 0.64: x0_hat = (x - 0.6 * x / 2) / 0.8 = 0.875 x, and the last step returns it.
    ((x, x0_hat),) = seen
    assert torch.equal(x, start)
    torch.testing.assert_close(x0_hat, 0.875 * start)
    torch.testing.assert_close(end, 0.875 * start)


def test_all_observers_see_every_step(grid):
    first, second = [], []
    draw(
        DiffusedMixture(grid, FINE).noise,
        COARSE,
        2,
        observers=[lambda step, *_: first.append(step.t), lambda step, *_: second.append(step.t)],
    )
    assert first == second == [step.t for step in COARSE]


@pytest.mark.parametrize(
    ("kind", "draws"), [("ddim", 0), ("ddpm fixed_large", 234), ("ddpm in 50 steps", 49)]
)
def test_noise_is_drawn_only_where_a_step_adds_it(grid, kind, draws):
    drawn = []

    def draw_noise():
        drawn.append(1)
        return torch.zeros(4, 2)

    walk(DiffusedMixture(grid, FINE).noise, torch.ones(4, 2), WALKS[kind], draw_noise)
    assert len(drawn) == draws


def test_ddim_without_noise_depends_on_its_start_alone(grid):
    model, start = (
        DiffusedMixture(grid, FINE).noise,
        torch.randn(5, 2, generator=torch.Generator().manual_seed(0)),
    )
    ends = [walk(model, start, WALKS["ddim in 50 steps"], noise) for noise in (None, None)]
    moved = walk(model, start + 1, WALKS["ddim in 50 steps"], None)
    assert torch.equal(*ends)
    assert not torch.isclose(ends[0], moved).all()


@pytest.mark.parametrize("kind", ["ddpm in 50 steps", "ddim in 50 steps"])
def test_clipping_keeps_every_predicted_picture_in_range(kind):
    largest = {}

    def overshooting(x, t):
        return -x  # predicts clean samples far larger than x

    for clip in (False, True):
        seen = []
        x = draw_block(
            overshooting,
            WALKS[kind],
            block=0,
            size=3,
            stream=Stream((1, 4, 4), block_size=3),
            observers=[lambda step, x, x0_hat, seen=seen: seen.append(x0_hat.abs().max().item())],
            clip=clip,
        )
        assert x.shape == (3, 1, 4, 4)
        largest[clip] = (max(seen), x.abs().max().item())
    assert min(largest[False]) > 1
    assert max(largest[True]) <= 1


def test_clipping_leaves_predictions_within_range_alone(grid):
    # All modes of the grid lie within 1.42; halved, the mixture lies within the range.
    small = type(grid)(grid.means / 2, grid.std / 2)
    model = DiffusedMixture(small, FINE).noise
    samples = [draw(model, COARSE, 2, clip=clip) for clip in (False, True)]
    assert torch.equal(*samples)


def test_samples_carry_no_gradient(model):
    assert not draw(model, COARSE, 2).requires_grad
