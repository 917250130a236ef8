"""From the same weights, the engine and the official algorithm give the same results.

Each is sampled with noise of its own, 100,000 points: what is measured of them may
differ by its statistical error, here four standard errors of a difference.
"""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import chi2_contingency
from sklearn.metrics import roc_auc_score

from benchmarks import reference
from mirage import engine
from mirage.datasets import mixtures
from mirage.detectors import Score
from mirage.diffusion import Schedule, ddpm_steps
from mirage.engine import native
from mirage.labels.points import label_points
from mirage.metrics.detection import Ranking
from mirage.networks.mlp import TemporalMLP
from mirage.samplers import Stream, draw_block
from mirage.training import TimeFocus, Trainer, TrainingOptions
from mirage.trajectory import WindowScores

SAMPLES = 100_000
WINDOW = (0, 2)
SCHEDULE = Schedule.linear()
TIMES = np.r_[299:40:-20, 38:0:-3, 0]
STEPS = ddpm_steps(SCHEDULE, TIMES, "fixed_large")


@pytest.fixture(scope="module")
def mixture():
    return mixtures.grid()


@pytest.fixture(scope="module")
def network(mixture, tmp_path_factory):
    """A network that has learnt the modes, and still bridges them."""
    rng = np.random.default_rng(0)
    modes = mixture.means[np.arange(20_000) % len(mixture.means)]
    points = modes + mixture.std * rng.standard_normal(modes.shape)
    options = TrainingOptions(
        updates=1200,
        batch_size=2000,
        learning_rate=2e-3,
        learning_rate_schedule="cosine",
        precision="bfloat16",
        ema_decay=0.98,
        time_focus=TimeFocus(below=100, share=0.7),
    )
    torch.manual_seed(0)
    net = TemporalMLP(2, init="pytorch")
    trainer = Trainer(net, torch.from_numpy(points.astype(np.float32)), SCHEDULE, options, 0, 0)
    trainer.run(tmp_path_factory.mktemp("training") / "checkpoint", "this run")
    net.load_state_dict(trainer.weights())
    return net.requires_grad_(False)


def described(x, hal, mixture) -> pd.DataFrame:
    return label_points(x.numpy(), mixture, radius=5).assign(hal=hal.numpy())


@pytest.fixture(scope="module")
def official(network, mixture):
    noise = torch.Generator().manual_seed(7)
    parts = []
    for _ in range(SAMPLES // 500):

        def draw():
            return torch.randn(500, 2, generator=noise)

        x, hal, _ = reference.sample(network, STEPS, draw(), draw, window=WINDOW[1] + 1)
        parts.append(described(x, hal, mixture))
    return pd.concat(parts)


UNITS = [level for levels in native.LEVELS.values() for level in levels]
COMPUTED = [("pytorch", "float32")]
COMPUTED += [(unit.name, "bfloat16" if unit.bfloat16 else "float32") for unit in UNITS]


@pytest.fixture(scope="module", params=COMPUTED, ids=" in ".join)
def ours(network, mixture, request):
    name, precision = request.param
    if name not in ("pytorch", *(level.name for level in native.levels())):
        pytest.skip(f"this machine has no {name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIRAGE_ENGINE", name)
        model = engine.for_sampling(network, precision, "cpu", calls=len(STEPS))
    parts = []
    for block in range(SAMPLES // 1000):
        scores = WindowScores(["hal"], [WINDOW])
        x = draw_block(model, STEPS, block, 1000, Stream((2,), seed=1), [scores])
        parts.append(described(x, scores.columns()[Score("hal", *WINDOW).column], mixture))
    return pd.concat(parts)


def apart(a, b, error_of) -> float:
    """How many standard errors of their difference two means are apart."""
    return abs(a.mean() - b.mean()) / np.hypot(error_of(a), error_of(b))


def error_of_mean(values) -> float:
    return values.std() / len(values) ** 0.5


def test_there_is_something_to_compare(official):
    hallucinated = (official["label"] != "valid").mean()
    assert 0.002 < hallucinated < 0.5


@pytest.mark.parametrize("label", ["valid", "interpolated", "invalid"])
def test_as_many_samples_hallucinate(official, ours, label):
    a, b = (scores["label"] == label for scores in (official, ours))
    assert apart(a, b, error_of_mean) < 4


def test_modes_are_as_wide(official, ours):
    a, b = (scores.loc[scores["label"] == "valid", "distance"] ** 2 for scores in (official, ours))
    assert apart(a, b, error_of_mean) < 4


def test_modes_weigh_as_much(official, ours):
    counts = [
        np.bincount(scores.loc[scores["label"] == "valid", "mode"], minlength=25)
        for scores in (official, ours)
    ]
    assert chi2_contingency(counts).pvalue > 1e-4


def test_hal_tells_hallucinations_as_well(official, ours):
    areas, errors = [], []
    for scores in (official, ours):
        positive, hal = (scores["label"] != "valid").to_numpy(), scores["hal"].to_numpy()
        areas.append(roc_auc_score(positive, hal))
        ranking = Ranking(hal[positive])
        ranking.add(hal[~positive])
        errors.append(ranking.auroc()[1])
    assert min(areas) > 0.6
    assert abs(areas[0] - areas[1]) < 4 * np.hypot(*errors)


def test_hal_itself_is_distributed_alike(official, ours):
    for share in (0.1, 0.5, 0.9):
        at = official["hal"].quantile(share)
        assert apart(official["hal"] < at, ours["hal"] < at, error_of_mean) < 4
