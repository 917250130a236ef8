"""A folder of real photographs, cut into patches, goes all the way with bad files among them."""

import warnings

import pandas as pd
import pytest
import torch
from checkouts import Checkout
from PIL import Image
from sklearn.datasets import load_sample_images

from mirage_workflow import tables

IMAGES = "results/smoke/images"
SIDE = 32  # of a patch; the smoke preset reads it at 16 pixels
SETTINGS = ("--config", "preset=smoke", "experiments=[images]")


def cut(folder, apart: int = 48) -> int:
    """Write patches of scikit-learn's two photographs into a folder each; how many."""
    count = 0
    for name, photograph in zip(("china", "flower"), load_sample_images().images, strict=True):
        (folder / name).mkdir(parents=True)
        for top in range(0, photograph.shape[0] - SIDE, apart):
            for left in range(0, photograph.shape[1] - SIDE, apart):
                patch = photograph[top : top + SIDE, left : left + SIDE]
                suffix = "png" if count % 2 else "jpg"
                Image.fromarray(patch).save(folder / name / f"{top}_{left}.{suffix}")
                count += 1
    return count


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A finished run on patches, files that are no pictures, and one of another size."""
    checkout = Checkout(tmp_path_factory.mktemp("photographs"))
    folder = checkout.path / "resources/pictures"
    checkout.patches = cut(folder)
    (folder / "notes.png").write_text("no picture")
    (folder / "readme.txt").write_text("no picture either, and not named like one")
    whole = next((folder / "china").glob("*.jpg")).read_bytes()
    (folder / "flower/cut short.JPEG").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (300, 20), 90).save(folder / "grey strip.png")
    run(checkout, f"{IMAGES}/metrics.parquet", "results/smoke/figures/images_gallery.png")
    return checkout


def run(checkout, *targets: str) -> None:
    arguments = ["--cores", "2", "--scheduler", "greedy", "--show-failed-logs"]
    finished = checkout.snakemake(*arguments, *SETTINGS, "--", *targets)
    assert finished.returncode == 0, finished.stderr[-4000:]


def test_every_picture_is_used_once_and_bad_files_are_named(photographs):
    parts = [
        tables.read_points(photographs.path / IMAGES / f"seed0/{part}.parquet", shape=(3, 16, 16))
        for part in ("data", "heldout")
    ]
    assert sum(map(len, parts)) == photographs.patches + 1
    assert len(parts[1]) == round(0.2 * (photographs.patches + 1))
    log = (photographs.path / "results/smoke/logs/images/seed0/make_dataset.log").read_text()
    assert f"{photographs.patches + 1} pictures read; 2 files left out" in log
    assert "resources/pictures/notes.png" in log
    assert "resources/pictures/flower/cut short.JPEG" in log


def test_what_needs_no_labels_is_measured_in_every_generation_and_nothing_else(photographs):
    metrics = pd.read_parquet(photographs.path / IMAGES / "metrics.parquet")
    places = set(zip(metrics["filter"], metrics["generation"], strict=True))
    assert places == {("shared", 0), ("hal", 1)}
    distances = {"fid", "fid_over_floor", "precision", "recall", "coverage"}
    assert set(metrics["metric"]) == distances | {"median_score"}
    assert set(metrics["network"].dropna()) == {"own rotation network"}
    distance = metrics[metrics["metric"] == "fid"]
    # Twenty updates teach nothing: patches held out are far nearer to the real ones.
    assert (distance["value"] > 3 * distance["floor"]).all()


def test_samples_are_ranked_by_both_statistics(photographs):
    scores = pd.read_parquet(photographs.path / IMAGES / "seed0/gen0/scores")
    assert {"hal", "hal_moving", "hal_0_4", "hal_moving_0_4"} <= set(scores)
    assert not {"label", "predicted_class", "confidence"} & set(scores)
    assert (scores["hal_moving"] >= scores["hal"] * (1 - 1e-5)).all()


def test_a_picture_added_makes_the_dataset_anew(photographs):
    target = f"{IMAGES}/seed0/data.parquet"
    added = photographs.path / "resources/pictures/flower/added.png"
    before = photographs.snakemake("-n", *SETTINGS, "--", target)
    Image.new("RGB", (40, 40), "red").save(added)
    try:
        after = photographs.snakemake("-n", *SETTINGS, "--", target)
    finally:
        added.unlink()
    assert "Nothing to be done" in before.stdout + before.stderr
    assert "make_dataset" in after.stdout
    assert "added.png" in after.stdout


class Means(torch.nn.Module):
    """The mean and spread of each channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.mean((2, 3)), x.std((2, 3))], 1)


def test_distances_are_measured_in_a_network_of_the_users(photographs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Means()).save(photographs.path / "means.pt")
    path = photographs.path / "config/experiments/images.yaml"
    text = path.read_text()
    path.write_text(text.replace("{epochs: 20}", "{torchscript: means.pt}"))
    try:
        run(photographs, f"{IMAGES}/seed0/gen0/metrics.parquet")
    finally:
        path.write_text(text)
    metrics = pd.read_parquet(photographs.path / IMAGES / "seed0/gen0/metrics.parquet")
    assert set(metrics["network"].dropna()) == {"means.pt"}
    scores = pd.read_parquet(photographs.path / IMAGES / "seed0/gen0/scores")
    assert len(scores["features"].iloc[0]) == 6


def test_a_missing_folder_is_refused_only_where_it_is_asked_for(scratch):
    refused = scratch.snakemake("--cores", "1", *SETTINGS)
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert all(word in last for word in ("images.yaml", "dataset.folder", "'resources/pictures'"))
    assert not (scratch.path / "results").exists()
    others = scratch.snakemake("-n", "--config", "preset=smoke", "experiments=[gaussian1d]")
    assert others.returncode == 0, others.stderr
