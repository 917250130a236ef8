"""A saved pipeline is drawn from and retrained; samples made elsewhere are scored and filtered."""

import diffusers
import numpy as np
import pandas as pd
import pytest
from checkouts import Checkout
from PIL import Image
from unit.tiny_pipelines import save_unconditional

from mirage import tensors
from mirage_workflow import tables

SMOKE = "results/smoke"
SETTINGS = ("preset=smoke", "experiments=[pipe, walks, drawings]")
EXPERIMENTS = {
    "pipe": """
sizes: pipeline
dataset: {name: images, folder: resources/real, image_size: 8}
network: {name: pipeline, folder: resources/pipeline}
finetune: {updates: 3, batch_size: 8, learning_rate: 1.0e-3}
recursion: {generations: 1, filters: [hal], keep: 20}
presets:
  smoke:
    sampling: {samples: 24, block_size: 8, steps: 12}
    compute: {shard_size: 16}
""",
    "walks": """
dataset: {name: gaussian2d_grid, samples: 100, heldout: 10}
samples: {points: walks.npz, paths: walks.npz}
sampling: {samples: 200, block_size: 50}
detection: {windows: [[0, 4], [0, 9]]}
recursion: {filters: [hal, oracle], keep: 140}
""",
    "drawings": """
dataset: {name: unseen, sample_shape: [1, 8, 8]}
samples: {folder: resources/real}
sampling: {samples: 30}
recursion: {filters: [random], keep: 20}
""",
}
FIGURES = {
    "pipe": ("trajectories", "hal_histogram", "gallery", "hal_sheet", "quality_by_generation"),
    "walks": ("trajectories", "hal_histogram", "roc", "samples", "bridges"),
    "drawings": ("gallery",),
}
TARGETS = [
    *(f"{SMOKE}/figures/{name}_{figure}.png" for name in FIGURES for figure in FIGURES[name]),
    *(f"{SMOKE}/figures/{name}_explorer.html" for name in ("pipe", "walks")),
    *(f"{SMOKE}/{name}/label.html" for name in ("pipe", "drawings")),
    *(f"{SMOKE}/{name}/metrics.parquet" for name in FIGURES),
    *(f"{SMOKE}/walks/seed0/{name}/gen0/kept.parquet" for name in ("hal", "oracle")),
    f"{SMOKE}/drawings/seed0/random/gen0/kept.parquet",
]


def write_walks(path) -> None:
    """Points at modes of the grid whose predictions are settled, and others whose are not."""
    rng = np.random.default_rng(0)
    settled = rng.random(200) < 0.8
    x = 0.707 * rng.integers(-2, 3, (200, 2)) + np.where(settled, 0, 0.35)[:, None]
    moves = rng.normal(size=(200, 15, 2)) * np.where(settled, 0.01, 0.1)[:, None, None]
    np.savez_compressed(path, x=x, x0_hat=x[:, None] + moves)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Checkout:
    """A finished run of all three."""
    checkout = Checkout(tmp_path_factory.mktemp("elsewhere"))
    checkout.variables = {"MIRAGE_CHECK_CODE": "1"}
    save_unconditional(checkout.path / "resources/pipeline")
    rng = np.random.default_rng(0)
    (checkout.path / "resources/real").mkdir()
    for number in range(30):
        pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(checkout.path / f"resources/real/{number:02}.png")
    write_walks(checkout.path / "walks.npz")
    for name, text in EXPERIMENTS.items():
        (checkout.path / f"config/experiments/{name}.yaml").write_text(text)
    scheduling = ("--cores", "2", "--scheduler", "greedy", "--show-failed-logs")
    run = checkout.snakemake(*scheduling, "--config", *SETTINGS, "--", *TARGETS)
    assert run.returncode == 0, run.stderr[-4000:]
    return checkout


def table(checkout, place: str) -> pd.DataFrame:
    return pd.read_parquet(checkout.path / SMOKE / place)


def test_nothing_more_is_shown_than_there_is(finished):
    plan = finished.snakemake("-n", "--config", *SETTINGS, "--", "all_figures")
    assert plan.returncode == 0, plan.stderr
    due = [line for line in plan.stdout.splitlines() if line.startswith("rule ")]
    assert {line.split()[1].strip(":") for line in due} <= {
        *("all_figures", "write_config", "audit_claims", "plot_claims_audit"),
        *("decide_claims", "write_claims"),
    }


def test_generation_0_is_drawn_and_not_trained(finished):
    samples = table(finished, "pipe/seed0/gen0/samples")
    assert samples["sample"].tolist() == list(range(24))
    assert (samples["hal_0_9"] > 0).all()
    assert not list((finished.path / SMOKE / "pipe/seed0/gen0").glob("model*"))
    shard = finished.path / SMOKE / "pipe/seed0/gen0/samples/shard00001.parquet"
    assert tables.provenance(shard)["scheduler"] == "DDPMScheduler"
    metrics = table(finished, "pipe/metrics.parquet")
    by_features = {"fid", "fid_over_floor", "precision", "recall", "coverage"}
    assert set(metrics["metric"]) == by_features | {"median_score"}
    assert set(metrics["generation"]) == {0, 1}


def test_generation_1_goes_on_from_the_pipeline_on_what_hal_kept(finished):
    seed = finished.path / SMOKE / "pipe/seed0"
    scores = table(finished, "pipe/seed0/gen0/scores").set_index("sample")["hal"]
    kept = table(finished, "pipe/seed0/hal/gen0/kept.parquet")["sample"]
    assert len(kept) == 20
    assert scores[kept].max() <= scores.drop(kept).min()
    after, _ = tensors.read(seed / "hal/gen1/model.safetensors")
    folder = finished.path / "resources/pipeline/unet"
    before = diffusers.UNet2DModel.from_pretrained(folder).state_dict()
    moved = [(after[f"unet.{name}"] - before[name]).abs().max() for name in before]
    assert 0 < max(moved) < 0.01  # three steps of a thousandth
    one, other = (
        np.stack(table(finished, f"pipe/seed0/{place}/samples")["x"])
        for place in ("gen0", "hal/gen1")
    )
    assert one.shape == other.shape
    assert not np.array_equal(one, other)


def test_film_strips_are_of_the_walks_that_were_scored(finished):
    paths = table(finished, "pipe/seed0/gen0/trajectories.parquet")
    assert set(paths["label"]) == {"lowest", "highest"}
    assert paths["x_t"].isna().all()
    scores = table(finished, "pipe/seed0/gen0/samples").set_index("sample")["hal_0_9"]
    for sample, path in paths.groupby("sample"):
        assert path["t"].tolist() == list(range(9, -1, -1))
        hal = np.stack(path["x0_hat"]).var(0).mean()
        assert hal == pytest.approx(scores[sample], rel=1e-3)


def test_a_file_of_the_pipeline_that_changes_draws_anew(finished):
    before = finished.snakemake("-n", "--config", *SETTINGS, "--", *TARGETS)
    assert "Nothing to be done" in before.stdout + before.stderr
    changed = finished.path / "resources/pipeline/scheduler/scheduler_config.json"
    changed.write_text(changed.read_text() + "\n")
    after = finished.snakemake("-n", "--config", *SETTINGS, "--", *TARGETS)
    assert "rule draw_from_pipeline" in after.stdout
    assert "rule take_samples" not in after.stdout


def test_points_made_elsewhere_are_told_by_the_paths_that_led_to_them(finished):
    metrics = table(finished, "walks/metrics.parquet")
    assert set(metrics["generation"]) == {0}
    auroc = metrics[(metrics["metric"] == "auroc") & (metrics["last"] == 4)]
    assert auroc["value"].item() > 0.99
    scores = table(finished, "walks/seed0/gen0/scores").set_index("sample")
    hallucinated = scores.index[scores["label"] != "valid"]
    for name in ("hal", "oracle"):
        kept = table(finished, f"walks/seed0/{name}/gen0/kept.parquet")["sample"]
        assert len(kept) == 140
        assert not set(kept) & set(hallucinated)


def test_pictures_without_paths_are_shown_to_be_labelled_and_have_no_scores(finished):
    scores = table(finished, "drawings/seed0/gen0/scores")
    assert list(scores) == ["sample"]
    assert len(table(finished, "drawings/seed0/random/gen0/kept.parquet")) == 20
    assert "30 of 30 samples" in (finished.path / SMOKE / "drawings/label.html").read_text()
