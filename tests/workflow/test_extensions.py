"""A user's own file takes part in a whole run: in its results, its reruns, its provenance."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from checkouts import Checkout, Small

from mirage_workflow import tables

OWN = Path(__file__).with_name("my_own.py")
RING = Path(__file__).with_name("ring.yaml")


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Small:
    """A finished run whose last generation is kept by a filter of a user's own."""
    copy = Small(tmp_path_factory.mktemp("extended"))
    shutil.copy(OWN, copy.path / "my.py")
    copy.edit("filters: [hal], keep", "filters: [near], keep")
    copy.edit("paths: 20}", "paths: 20}\n    detection: {detectors: [hal, drift]}")
    copy.settings = (*copy.settings, "extensions=[my.py]")
    copy.run()
    return copy


def test_a_detector_and_a_filter_of_ones_own_run_through_the_workflow(extended):
    metrics = pd.read_parquet(extended.path / extended.target)
    assert set(metrics["filter"]) == {"shared", "near"}
    assert "drift" in set(metrics["detector"])
    folder = extended.path / extended.experiment / "seed0"
    scores = pd.read_parquet(folder / "gen0/scores").set_index("sample")
    kept = pd.read_parquet(folder / "near/gen0/kept.parquet")["sample"]
    assert scores.loc[kept, "distance"].max() <= scores.drop(kept)["distance"].min()


def test_provenance_names_the_file_and_what_it_held(extended):
    kept = extended.path / extended.experiment / "seed0/near/gen0/kept.parquet"
    held = hashlib.sha256(OWN.read_bytes()).hexdigest()
    assert tables.provenance(kept)["extensions"] == {"my.py": held}


def test_an_edit_of_the_file_draws_and_filters_anew_and_does_not_train(extended):
    own = extended.path / "my.py"
    own.write_text(own.read_text().replace("square()", "abs()"))
    plan = extended.snakemake("-n", *extended.settings, "--", extended.target)
    assert plan.returncode == 0, plan.stderr
    # The model of generation 1 is due only because what it is trained on is drawn anew.
    assert "seed0/gen0/samples/shard00000.parquet" in plan.stdout
    assert "output: results/smoke/gaussian1d/seed0/gen0/model.safetensors" not in plan.stdout


@pytest.fixture(scope="module")
def ring(tmp_path_factory) -> Checkout:
    """A finished run of a dataset of a user's own, with all its figures."""
    copy = Checkout(tmp_path_factory.mktemp("ring"))
    shutil.copy(OWN, copy.path / "my.py")
    shutil.copy(RING, copy.path / "config/experiments")
    settings = ("preset=smoke", "experiments=[ring]", "extensions=[my.py]")
    run = copy.snakemake("--cores", "1", "--config", *settings, "--", "all_figures")
    assert run.returncode == 0, run.stderr[-4000:]
    return copy


def test_what_is_ones_own_takes_a_file_and_an_experiment_that_fit_on_a_page():
    assert len(OWN.read_text().splitlines()) <= 60
    assert len(RING.read_text().splitlines()) <= 15


def test_a_dataset_of_ones_own_is_retrained_on_what_a_filter_of_ones_own_keeps(ring):
    metrics = pd.read_parquet(ring.path / "results/smoke/ring/metrics.parquet")
    generations = metrics[["filter", "generation"]].drop_duplicates().to_numpy().tolist()
    assert generations == [["shared", 0], ["near", 1]]
    modes = pd.read_parquet(ring.path / "results/smoke/ring/modes.parquet")
    radii = modes.groupby("mode")["mean"].apply(lambda mean: mean.pow(2).sum())
    assert len(radii) == 8
    assert radii.to_numpy() == pytest.approx(1)


def test_a_metric_of_ones_own_is_measured_of_every_generation(ring):
    metrics = pd.read_parquet(ring.path / "results/smoke/ring/metrics.parquet")
    for place in ("gen0", "near/gen1"):
        samples = pd.read_parquet(ring.path / f"results/smoke/ring/seed0/{place}/samples")
        radius = np.hypot(samples["x0"], samples["x1"]).mean()
        own = metrics[metrics["generation"] == int(place[-1])].set_index("metric")
        assert own.loc["mean_radius", "value"] == pytest.approx(radius)
        assert own.loc["mean_radius", "n"] == 1_500


def test_a_figure_of_ones_own_stands_beside_those_of_its_dataset(ring):
    shown = {path.name for path in (ring.path / "results/smoke/figures").iterdir()}
    names = ("trajectories", "hal_histogram", "roc", "samples", "rate_by_generation")
    for name in (*names, "density_by_generation", "radius_by_generation"):
        assert {f"ring_{name}.png", f"ring_{name}.pdf"} <= shown


def test_an_edit_of_a_dataset_of_ones_own_draws_it_anew(ring):
    own = ring.path / "my.py"
    own.write_text(own.read_text().replace("np.cos(angles)", "2 * np.cos(angles)"))
    settings = ("preset=smoke", "experiments=[ring]", "extensions=[my.py]")
    plan = ring.snakemake("-n", "--config", *settings, "--", "all_figures")
    assert plan.returncode == 0, plan.stderr
    assert "rule make_dataset" in plan.stdout


def test_a_mistake_in_the_file_is_one_line_before_any_job_starts(scratch):
    (scratch.path / "my.py").write_text("import torchh\n")
    refused = scratch.snakemake("-n", "--config", "preset=smoke", "extensions=[my.py]")
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("config: extensions: ")
    assert "my.py:1: ModuleNotFoundError" in last
