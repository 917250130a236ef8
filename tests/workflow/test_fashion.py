"""A second real data set by a few lines of YAML, where Debian's package has its files."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from checkouts import ROOT

from mirage_workflow import tables

RECIPE = ROOT / "config/experiments/fashion.yaml"
FOLDER = Path(yaml.safe_load(RECIPE.read_text())["dataset"]["folder"])
GEN0 = "results/smoke/fashion/seed0/gen0"


def test_it_takes_fifteen_lines_at_most():
    assert len(RECIPE.read_text().splitlines()) <= 15


def test_without_its_files_it_is_refused_in_one_line(scratch):
    path = scratch.path / "config/experiments/fashion.yaml"
    path.write_text(path.read_text().replace(str(FOLDER), "nowhere"))
    refused = scratch.snakemake("-n", "--config", "preset=smoke", "experiments=[fashion]")
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    words = ("fashion.yaml", "dataset.folder", "'train-images-idx3-ubyte'", "'nowhere'")
    assert all(word in last for word in words)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no package dataset-fashion-mnist")
def test_its_first_generation_is_trained_drawn_and_measured(scratch):
    settings = ("--config", "preset=smoke", "experiments=[fashion]")
    run = scratch.snakemake("--cores", "2", *settings, "--", f"{GEN0}/metrics.parquet")
    assert run.returncode == 0, run.stderr[-4000:]
    metrics = pd.read_parquet(scratch.path / f"{GEN0}/metrics.parquet").set_index("metric")
    assert metrics.loc["fid_over_floor", "value"] > 1
    assert metrics.loc["class_share", "value"].sum() == pytest.approx(1)
    data = scratch.path / "results/smoke/fashion/seed0/data.parquet"
    made_from = tables.provenance(data)["config"]["dataset"]
    assert (made_from["source"], made_from["folder"]) == ("idx", str(FOLDER))
