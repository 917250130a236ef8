"""Another workflow takes this one as a module, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from checkouts import ROOT

SNAKEFILE = f"""
module mirage:
    snakefile: "{ROOT}/workflow/Snakefile"
    prefix: "theirs"
    config: {{"preset": "smoke", "experiments": ["mine"]}}


rule all:
    input:
        "report.txt",


rule report:
    input:
        "theirs/results/smoke/figures/mine_roc.png",
        "theirs/results/smoke/figures/mine_rate_by_generation.pdf",
        "theirs/results/smoke/claims.md",
        "theirs/results/smoke/mine/config.yaml",
    output:
        "report.txt",
    shell:
        "printenv PYTHONPATH > {{output}} || echo untouched > {{output}}"


use rule * from mirage as mirage_*


onstart:
    mirage.start()
"""
MINE = """
extends: gaussian1d
studies: []
presets:
  smoke:
    recursion: {generations: 1, filters: [hal], keep: 500}
"""


@pytest.fixture
def stranger(tmp_path) -> Path:
    (tmp_path / "config/experiments").mkdir(parents=True)
    (tmp_path / "config/experiments/mine.yaml").write_text(MINE)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    return tmp_path


def run(folder: Path, *args: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *args]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_a_strangers_workflow_runs_mirage_to_the_end_beside_its_own_rules(stranger):
    done = run(stranger)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (stranger / "report.txt").read_text() == "untouched\n"
    resolved = yaml.safe_load((stranger / "theirs/results/smoke/mine/config.yaml").read_text())
    assert resolved["recursion"]["filters"] == ["hal"]
    assert not (stranger / "results").exists()


def test_a_strangers_own_target_stays_the_one_that_is_made(stranger):
    planned = run(stranger, "-n", "--quiet", "rules")
    assert planned.returncode == 0, planned.stderr
    assert "report" in planned.stdout
    assert "all_figures" not in planned.stdout


def test_a_stranger_without_a_gpu_is_refused_before_a_job_starts(stranger):
    path = stranger / "Snakefile"
    path.write_text(
        path.read_text().replace('"preset": "smoke"', '"preset": "smoke", "device": "cuda"')
    )
    refused = run(stranger)
    assert refused.returncode != 0
    assert "this machine has no CUDA device" in refused.stderr
    assert not (stranger / "theirs").exists()


def test_a_library_that_was_imported_from_elsewhere_is_refused_in_a_line(stranger):
    (stranger / "mirage.py").write_text("watch = None")
    path = stranger / "Snakefile"
    path.write_text(f"from mirage import watch\n{path.read_text()}")
    refused = run(stranger, "-n")
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert last == f"mirage: imported before as {stranger}/mirage.py; allowed: from {ROOT}/src"


def test_without_its_library_the_workflow_says_so_in_a_line(tmp_path):
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").write_text((ROOT / "workflow/Snakefile").read_text())
    (tmp_path / "workflow/rules").symlink_to(ROOT / "workflow/rules")
    (tmp_path / "config").symlink_to(ROOT / "config")
    refused = run(tmp_path, "-s", "workflow/Snakefile", "-n")
    assert refused.returncode != 0
    assert "take the workflow from a checkout" in refused.stderr
