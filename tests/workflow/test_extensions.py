"""A user's own file takes part in a whole run: in its results, its reruns, its provenance."""

import hashlib
import shutil
from pathlib import Path

import pandas as pd
import pytest
from checkouts import Small

from mirage_workflow import tables

OWN = Path(__file__).with_name("my_own.py")


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


def test_a_mistake_in_the_file_is_one_line_before_any_job_starts(scratch):
    (scratch.path / "my.py").write_text("import torchh\n")
    refused = scratch.snakemake("-n", "--config", "preset=smoke", "extensions=[my.py]")
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("config: extensions: ")
    assert "my.py:1: ModuleNotFoundError" in last
