import logging
import math
import pickle
import signal
from itertools import pairwise

import numpy as np
import pytest
import torch
from hostile import Trap
from scipy.stats import chisquare
from torch import nn

from mirage import tensors
from mirage.diffusion import Schedule
from mirage.engine import native
from mirage.networks.mlp import TemporalMLP
from mirage.training import DivergenceError, TimeFocus, Trainer, TrainingOptions, draw_times

SCHEDULE = Schedule.linear(timesteps=40, beta_start=0.001, beta_end=0.2)
FULL_RECIPE = {
    "updates": 36,
    "batch_size": 30,
    "learning_rate": 3e-3,
    "learning_rate_schedule": "cosine",
    "ema_decay": 0.9,
    "time_focus": TimeFocus(below=20, share=0.5),
    "checkpoint_every": 10,
}
DATA = torch.randn(101, 2, generator=torch.Generator().manual_seed(0))


def network(dim: int = 2, width: int = 16, **options) -> TemporalMLP:
    torch.manual_seed(0)
    return TemporalMLP(dim, width, **options)


def trainer(data=DATA, model=None, seed=0, generation=0, schedule=SCHEDULE, **options) -> Trainer:
    model = network(data.shape[1]) if model is None else model
    training = TrainingOptions(**(FULL_RECIPE | options))
    return Trainer(model, data, schedule, training, seed, generation)


def trained(path, fingerprint="this run", **options) -> Trainer:
    run = trainer(**options)
    run.run(path, fingerprint)
    return run


def before_each_loss(run: Trainer, look) -> None:
    loss = run.loss
    run.loss = lambda *batch: (look(), loss(*batch))[1]


def broken_off(path, after: int, fingerprint="this run", **options) -> None:
    """Train and die in the update after `after` whole ones."""
    run, seen = trainer(**options), []

    def die():
        seen.append(1)
        if len(seen) > after:
            raise KeyboardInterrupt

    before_each_loss(run, die)
    with pytest.raises(KeyboardInterrupt):
        run.run(path, fingerprint)


def state(run: Trainer) -> dict[str, torch.Tensor]:
    """All that a run ends with, averaged and raw weights and losses."""
    raw = {f"raw.{name}": value for name, value in run.model.state_dict().items()}
    return raw | run.weights() | {"losses": run.losses}


def same(first: Trainer, second: Trainer) -> bool:
    """Whether two runs ended with the same bits."""
    one, other = state(first), state(second)
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture
def checkpoint(tmp_path):
    return tmp_path / "checkpoint"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("unbroken") / "checkpoint")


# --- resuming ----------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [10, 17, 35])
def test_a_run_that_died_and_resumed_ends_with_the_bits_of_an_unbroken_one(
    checkpoint, unbroken, after, caplog
):
    broken_off(checkpoint, after)
    with caplog.at_level(logging.INFO):
        resumed = trained(checkpoint)
    assert f"resuming after {after // 10 * 10} updates" in caplog.text
    assert same(resumed, unbroken)
    assert resumed.losses.isfinite().all()


@pytest.mark.parametrize(
    "options",
    [
        {"ema_decay": None},
        {"learning_rate_schedule": "constant"},
        {"time_focus": None},
        {"precision": "bfloat16"},
        {"batch_size": 250},
    ],
    ids=lambda options: next(iter(options)),
)
def test_every_recipe_resumes_exactly(checkpoint, tmp_path, options):
    broken_off(checkpoint, 25, **options)
    assert same(trained(checkpoint, **options), trained(tmp_path / "other", **options))


def test_a_run_may_die_twice(checkpoint, unbroken):
    broken_off(checkpoint, 13)
    broken_off(checkpoint, 12)  # from 10 to 22
    assert same(trained(checkpoint), unbroken)


def test_a_run_that_died_before_its_first_checkpoint_starts_anew(checkpoint, unbroken):
    broken_off(checkpoint, 9)
    assert not checkpoint.exists()
    assert same(trained(checkpoint), unbroken)


def test_a_resumed_run_does_not_repeat_its_updates(checkpoint):
    broken_off(checkpoint, 30)
    seen, run = [], trainer()
    before_each_loss(run, lambda: seen.append(1))
    run.run(checkpoint, "this run")
    assert len(seen) == 6


def test_how_often_checkpoints_are_written_changes_nothing(checkpoint, unbroken):
    assert same(trained(checkpoint, checkpoint_every=7), unbroken)


def test_the_initial_weights_of_a_resumed_run_do_not_matter(checkpoint, unbroken):
    broken_off(checkpoint, 20)
    other = network()
    nn.init.normal_(other.output.weight)
    assert same(trained(checkpoint, model=other), unbroken)


# --- checkpoints that are not this run's -------------------------------------------------------


def test_a_checkpoint_of_another_run_is_ignored_with_a_warning(checkpoint, unbroken, caplog):
    broken_off(checkpoint, 20, "another run", learning_rate=1e-2)
    run = trained(checkpoint)
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert str(checkpoint) in warning.getMessage()
    assert "another run" in warning.getMessage()
    assert same(run, unbroken)


def test_with_its_own_fingerprint_the_same_checkpoint_is_not_ignored(checkpoint, unbroken):
    broken_off(checkpoint, 20, "this run", learning_rate=1e-2)
    assert not same(trained(checkpoint), unbroken)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-50],
        lambda whole: whole[:100],
        lambda whole: b"",
        lambda whole: b"x" * 99,
    ],
    ids=["truncated", "header cut", "empty", "garbage"],
)
def test_a_damaged_checkpoint_is_ignored_with_a_warning(checkpoint, unbroken, caplog, damage):
    broken_off(checkpoint, 20)
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    run = trained(checkpoint)
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert str(checkpoint) in warning.getMessage()
    assert "damaged" in warning.getMessage()
    assert same(run, unbroken)


@pytest.mark.parametrize(
    "save", [torch.save, lambda trap, path: path.write_bytes(pickle.dumps(trap))]
)
def test_a_pickle_in_the_place_of_a_checkpoint_is_never_executed(
    checkpoint, tmp_path, unbroken, caplog, save
):
    sprung = tmp_path / "sprung"
    save(Trap(sprung), checkpoint)
    assert same(trained(checkpoint), unbroken)
    assert not sprung.exists()
    assert "damaged" in caplog.text
    pickle.loads(pickle.dumps(Trap(sprung))).close()
    assert sprung.exists()  # the trap does work


# --- divergence --------------------------------------------------------------------------------


def test_data_that_are_no_numbers_end_training(checkpoint):
    with pytest.raises(DivergenceError, match="nan"):
        trained(checkpoint, data=torch.full((100, 2), math.nan))


def test_too_large_a_learning_rate_ends_training_with_advice(checkpoint):
    with pytest.raises(DivergenceError) as caught:
        trained(checkpoint, learning_rate=1e4, learning_rate_schedule="constant")
    message = str(caught.value)
    assert "training.learning_rate" in message
    assert "\n" not in message


def test_divergence_is_noticed_within_a_hundred_updates(checkpoint):
    run = trainer(data=torch.full((100, 2), math.nan), updates=1000, checkpoint_every=1000)
    with pytest.raises(DivergenceError, match="by update 100:"):
        run.run(checkpoint, "this run")
    assert not checkpoint.exists()


def test_no_checkpoint_is_written_of_weights_that_are_lost(checkpoint):
    run = trainer(data=torch.full((100, 2), math.nan), updates=1000, checkpoint_every=7)
    with pytest.raises(DivergenceError, match="by update 7:"):
        run.run(checkpoint, "this run")
    assert not checkpoint.exists()


def test_a_single_poisoned_update_ends_training_and_is_never_saved(checkpoint):
    run, seen = trainer(), []

    def poison(gradient):
        seen.append(1)
        return gradient * math.nan if len(seen) == 30 else None  # the update before a checkpoint

    run.model.output.weight.register_hook(poison)
    with pytest.raises(DivergenceError, match="by update 30: a weight is not finite"):
        run.run(checkpoint, "this run")
    assert tensors.read(checkpoint)[1]["update"] == "20"


def test_weights_poisoned_by_the_last_update_are_never_handed_out(checkpoint):
    run, seen = trainer(updates=5), []

    def poison(gradient):
        seen.append(1)
        return gradient * math.inf if len(seen) == 5 else None

    run.model.output.weight.register_hook(poison)
    with pytest.raises(DivergenceError, match="by update 5: a weight is not finite"):
        run.run(checkpoint, "this run")


# --- being asked to end ------------------------------------------------------------------------


def test_a_run_asked_to_end_writes_a_checkpoint_and_goes_on_from_it(checkpoint, unbroken, caplog):
    run, seen = trainer(), []

    def ask():
        seen.append(1)
        if len(seen) == 14:
            signal.raise_signal(signal.SIGTERM)

    before_each_loss(run, ask)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        run.run(checkpoint, "this run")
    assert ended.value.code == 143
    assert tensors.read(checkpoint)[1]["update"] == "14"
    assert signal.getsignal(signal.SIGTERM) == before
    with caplog.at_level(logging.INFO):
        assert same(trained(checkpoint), unbroken)
    assert "resuming after 14 updates" in caplog.text


def test_a_run_without_checkpoints_ends_when_asked_and_keeps_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = trainer()
    with pytest.raises(SystemExit) as ended:
        run.run(observe=lambda done: done == 14 and signal.raise_signal(signal.SIGTERM))
    assert ended.value.code == 143
    assert run.update == 14  # the one after it was asked to end
    assert not list(tmp_path.iterdir())


def test_a_run_asked_to_end_in_its_last_update_ends_well(checkpoint, unbroken):
    run, seen = trainer(), []

    def ask():
        seen.append(1)
        if len(seen) == 36:
            signal.raise_signal(signal.SIGTERM)

    before_each_loss(run, ask)
    run.run(checkpoint, "this run")
    assert same(run, unbroken)


# --- learning ----------------------------------------------------------------------------------


@pytest.mark.parametrize("focus", [None, TimeFocus(below=10, share=1.0)], ids=["all", "focused"])
def test_a_standard_gaussian_is_learned_to_the_least_possible_loss(checkpoint, focus):
    # For x_0 ~ N(0, 1) every x_t is N(0, 1) and correlates with its noise by
    # sqrt(1 - abar_t), so the best guess leaves the variance 1 - (1 - abar_t) = abar_t.
    abars = np.cumprod(1 - np.linspace(0.001, 0.2, 40))
    least = abars[: focus.below if focus else 40].mean()
    batch, last = 500, 200
    run = trained(
        checkpoint,
        data=torch.randn(20_000, 1, generator=torch.Generator().manual_seed(1)),
        updates=1000,
        batch_size=batch,
        learning_rate=5e-3,
        time_focus=focus,
        checkpoint_every=10_000,
    )
    losses = run.losses.double()
    reached, error = losses[-last:].mean().item(), losses[-last:].std().item() / math.sqrt(last)
    assert losses[0] > 1.5 * least
    # Four standard errors below, and 3 % above for what is left to learn.
    assert least - 4 * error < reached < 1.03 * least + 4 * error


def test_a_network_that_predicts_nothing_has_a_loss_of_one(checkpoint):
    model = network()
    nn.init.zeros_(model.output.weight)
    run = trained(checkpoint, model=model, learning_rate=1e-12, batch_size=1000)
    # Each loss averages 2000 squared normals, of variance 2: four standard errors of 36.
    assert run.losses.mean().item() == pytest.approx(1, abs=4 * math.sqrt(2 / 2000 / 36))


def test_weights_follow_the_recipes_learning_rate(checkpoint):
    run = trainer(updates=100)
    assert run.learning_rate(0) == pytest.approx(3e-3)
    assert run.learning_rate(25) == pytest.approx(3e-3 * (2 + math.sqrt(2)) / 4)
    assert run.learning_rate(50) == pytest.approx(1.5e-3)
    assert run.learning_rate(100) == pytest.approx(0)
    constant = trainer(updates=100, learning_rate_schedule="constant")
    assert {constant.learning_rate(update) for update in (0, 50, 99)} == {3e-3}


def test_adams_first_step_is_the_learning_rate(checkpoint):
    before = network().output.weight.clone()
    run = trained(checkpoint, updates=1, ema_decay=None, learning_rate=1e-3)
    steps = (run.weights()["output.weight"] - before).abs()
    # Adam divides the first gradient by its own size; epsilon matters only at tiny ones.
    assert steps.max().item() == pytest.approx(1e-3, rel=1e-2)
    assert steps.median().item() == pytest.approx(1e-3, rel=1e-2)


def test_no_weight_moves_farther_than_adam_may_at_the_learning_rate_of_its_update(checkpoint):
    run, passed = trainer(ema_decay=None), []
    before_each_loss(run, lambda: passed.append(run.model.output.weight.detach().clone()))
    run.run(checkpoint, "this run")
    passed.append(run.model.output.weight.detach())
    assert len(passed) == 37
    for update, (before, after) in enumerate(pairwise(passed)):
        rate = 3e-3 * (1 + math.cos(math.pi * update / 36)) / 2
        farthest = (after - before).abs().max().item()
        # Kingma and Ba (2015), section 2.1: at most (1 - 0.9) / sqrt(1 - 0.999) = 3.2 times.
        assert 0.1 * rate < farthest < 3.2 * rate


def test_training_in_bfloat16_rounds_and_hardly_matters(checkpoint, unbroken):
    level = native.level()
    if level is None or not level.bfloat16:
        pytest.skip("this processor does not multiply bfloat16")
    rounded = trained(checkpoint, precision="bfloat16").losses
    assert not torch.equal(rounded, unbroken.losses)
    torch.testing.assert_close(rounded, unbroken.losses, rtol=0.05, atol=0.01)


def test_sampled_weights_are_the_moving_average_of_the_trained_ones(checkpoint):
    run, passed = trainer(updates=6, ema_decay=0.8), []
    before_each_loss(run, lambda: passed.append(run.model.output.weight.detach().clone()))
    run.run(checkpoint, "this run")
    first, *later = [*passed[1:], run.model.output.weight.detach()]
    average = first
    for weight in later:
        average = 0.8 * average + 0.2 * weight
    torch.testing.assert_close(run.weights()["output.weight"], average)
    assert not torch.equal(run.weights()["output.weight"], later[-1])


def test_without_an_average_the_trained_weights_are_sampled_from(checkpoint):
    run = trained(checkpoint, ema_decay=None)
    for name, value in run.model.state_dict().items():
        assert torch.equal(run.weights()[name], value)


@pytest.mark.parametrize("key", [{"seed": 1}, {"generation": 1}], ids=["seed", "generation"])
def test_another_seed_or_generation_trains_on_other_noise(checkpoint, unbroken, key):
    assert not torch.isclose(trained(checkpoint, **key).losses, unbroken.losses).any()


# --- batches -----------------------------------------------------------------------------------


class Spy(nn.Module):
    """Notes which of the data, far apart and hardly noised, it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.shown = []

    def forward(self, x, t):
        self.shown.append((x / 100).round().long().flatten().tolist())
        return 0 * x * self.weight


def shown(n: int, batch: int, updates: int, path) -> np.ndarray:
    """The numbers of the samples in each batch: [updates, batch]."""
    data = 100 * torch.arange(float(n))[:, None]
    faint = Schedule(np.full(40, 1e-6))
    sizes = {"batch_size": batch, "updates": updates}
    run = trainer(data=data, model=Spy(), schedule=faint, ema_decay=None, **sizes)
    run.run(path, "this run")
    return np.array(run.model.shown)


def test_each_pass_shows_every_sample_once_in_an_order_of_its_own(checkpoint):
    first, second = shown(20, 5, 8, checkpoint).reshape(2, 20).tolist()
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert first != sorted(first)


def test_passes_run_on_where_batches_do_not_divide_them(checkpoint):
    batches = shown(20, 8, 5, checkpoint)
    assert batches.shape == (5, 8)
    first, second = batches.reshape(2, 20).tolist()
    assert sorted(first) == sorted(second) == list(range(20))


def test_fewer_samples_than_a_batch_fill_it_equally(checkpoint):
    batches = shown(5, 12, 5, checkpoint)
    assert batches.shape == (5, 12)
    assert np.bincount(batches.flat).tolist() == [12] * 5


def test_a_single_sample_can_be_trained_on(checkpoint):
    assert trained(checkpoint, data=DATA[:1]).losses.isfinite().all()


# --- times -------------------------------------------------------------------------------------


def times(n: int, focus, seed: int = 0) -> np.ndarray:
    return draw_times(n, 1000, focus, torch.Generator().manual_seed(seed)).numpy()


def test_without_focus_times_are_uniform():
    t = times(20_000, None)
    assert 0 <= t.min() < 5
    assert 995 <= t.max() <= 999
    assert chisquare(np.histogram(t, 20, (0, 1000))[0]).pvalue > 1e-4


@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_focus_draws_its_share_from_below_and_the_rest_from_everywhere(share):
    n, below = 20_000, 300
    t = times(n, TimeFocus(below=below, share=share))
    expected = share + (1 - share) * below / 1000
    # Four binomial standard errors; exact where every time is focused.
    error = math.sqrt(expected * (1 - expected) / n)
    assert (t < below).mean() == pytest.approx(expected, abs=4 * error)
    assert chisquare(np.histogram(t[t < below], 10, (0, below))[0]).pvalue > 1e-4
    if share < 1:
        assert chisquare(np.histogram(t[t >= below], 7, (below, 1000))[0]).pvalue > 1e-4


# --- the network -------------------------------------------------------------------------------


@pytest.mark.parametrize(("dim", "count"), [(1, 66_817), (2, 67_074)])
def test_the_papers_network_has_as_many_parameters_as_the_official_one(dim, count):
    model = TemporalMLP(dim, width=128, layers=3, tied=True)
    assert sum(parameter.numel() for parameter in model.parameters()) == count


def test_untied_layers_have_weights_of_their_own():
    tied, untied = (
        sum(parameter.numel() for parameter in network(width=128, tied=tied).parameters())
        for tied in (True, False)
    )
    # Two more layers: two 128 x 128 products, a time product with bias and two norms each.
    assert untied - tied == 2 * (3 * 128 * 128 + 128 + 2 * 2 * 128)


@pytest.mark.parametrize("tied", [True, False])
def test_every_parameter_of_the_network_has_a_part_in_its_answer(tied):
    model = network(tied=tied, init="pytorch")
    model(DATA, torch.tensor(7)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


@pytest.mark.parametrize(
    ("init", "limit"), [("xavier", math.sqrt(6 / (128 + 128))), ("pytorch", 1 / math.sqrt(128))]
)
def test_initial_weights_are_uniform_within_the_limit_of_their_rule(init, limit):
    weight = network(width=128, init=init).blocks[0].linear1.weight
    # Of 16,384 uniform draws the largest is within 0.1 % of the limit, and their variance is
    # limit^2 / 3, to four standard errors of sqrt(0.8 / n).
    assert weight.abs().max().item() == pytest.approx(limit, rel=1e-3)
    expected, error = limit**2 / 3, math.sqrt(0.8 / weight.numel())
    assert weight.var().item() == pytest.approx(expected, rel=4 * error)


def test_xaviers_biases_are_zero():
    assert not network(init="xavier").time.bias.any()
    assert network(init="pytorch").time.bias.all()


def test_in_bfloat16_the_network_still_answers_in_float32():
    model, x = network(), DATA[:50]
    full = model(x, torch.tensor(7))
    with torch.autocast("cpu", torch.bfloat16):
        half = model(x, torch.tensor(7))
    assert half.dtype == full.dtype == torch.float32
    # bfloat16 keeps 8 bits: 0.4 % a product, a few products deep.
    torch.testing.assert_close(half, full, rtol=0.05, atol=0.05)
    assert not torch.equal(half, full)


def test_in_bfloat16_points_closer_than_its_rounding_stay_apart():
    model, x = network(), torch.tensor([[1.0, 1.0], [1.001, 1.0]])
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        # bfloat16 has no number between 1 and 1.0078.
        assert model.input(x).dtype == torch.bfloat16
        assert torch.equal(*model.input(x))
        assert not torch.equal(*model(x, torch.tensor(7)))


def test_one_time_for_a_batch_is_that_time_for_each_sample():
    model, x = network(), DATA[:20]
    torch.testing.assert_close(model(x, torch.tensor(7)), model(x, torch.full((20,), 7)))


def test_the_network_tells_times_apart():
    model, x = network(), DATA[:20]
    answers = [model(x, torch.tensor(t)) for t in (0, 1, 500, 999)]
    for first, second in pairwise(answers):
        assert not torch.isclose(first, second).all()
