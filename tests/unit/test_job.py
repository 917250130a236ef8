"""What every job has in common."""

import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import alone
import pytest
import torch
from checkouts import ROOT

from mirage_workflow.config.settings import read_experiment, sections_of
from mirage_workflow.job import Job
from mirage_workflow.sections import sections


@pytest.fixture
def config():
    experiment = read_experiment(ROOT / "config/experiments/mnist.yaml", "quick")
    return sections_of(experiment, "dataset", "training")


def a_job(told=None, gpu=0, threads=1, code="0", **wildcards) -> Job:
    science = "{}" if told is None else json.dumps(told)
    return Job(
        SimpleNamespace(
            input=None,
            output=None,
            wildcards=SimpleNamespace(**wildcards),
            threads=threads,
            resources=SimpleNamespace(gpu=gpu),
            params=SimpleNamespace(code=code, science=science),
        )
    )


def test_a_job_has_the_sections_it_was_given_and_no_others(config):
    given = sections(config)
    assert given.dataset.shape == (1, 16, 16)
    assert given.training.updates == config["training"]["updates"]
    with pytest.raises(AttributeError):
        _ = given.sampling


def test_a_job_checks_its_sections_again(config):
    config["training"]["updates"] = -1
    with pytest.raises(ValueError, match="updates"):
        sections(config)


def test_no_gpu_means_the_cpu_unless_the_run_insists(monkeypatch):
    assert a_job(gpu=0).device() == "cpu"
    if not torch.cuda.is_available():
        assert a_job(gpu=1).device() == "cpu"
        monkeypatch.setenv("MIRAGE_DEVICE", "cuda")
        with pytest.raises(RuntimeError, match="cuda was asked for"):
            a_job(gpu=1).device()


def test_a_runs_fingerprint_changes_with_all_that_decides_its_weights(tmp_path, config):
    data, told = tmp_path / "data", {"config": config}
    data.write_bytes(b"one")
    first = a_job(told, lineage="gen0", seed=0).fingerprint(data)
    assert a_job(told, lineage="gen0", gpu=1, threads=4).fingerprint(data) == first
    others = {a_job(told, lineage="gen0", seed=1).fingerprint(data)}
    others.add(a_job(told, lineage="hal/gen1").fingerprint(data))
    others.add(a_job(told, lineage="gen0", code="1").fingerprint(data))
    data.write_bytes(b"two")
    others.add(a_job(told, lineage="gen0").fingerprint(data))
    config["training"]["updates"] += 1
    others.add(a_job(told, lineage="gen0").fingerprint(data))
    assert len(others | {first}) == 6


def ended(tmp_path: Path, text: str, **environment: str) -> tuple[int, list[str]]:
    """How a job of some text ends: its status, and its log."""
    text = f"from mirage_workflow.job import begin\njob = begin(snakemake)\n{text}"
    command = alone.command("split_causes", tmp_path / "log", text=text)
    run = subprocess.run(command, env=alone.environment(**environment), capture_output=True)
    assert run.stdout + run.stderr == b""
    return run.returncode, (tmp_path / "log").read_text().splitlines()


def test_an_expected_error_ends_a_job_with_one_line(tmp_path):
    status, lines = ended(tmp_path, "raise ValueError('dataset.samples: found 9, allowed 5')")
    assert status == 1
    assert len(lines) == 1
    assert lines[0].endswith("ERROR ValueError: dataset.samples: found 9, allowed 5")


def test_an_import_that_fails_is_in_the_log_with_its_place(tmp_path):
    status, lines = ended(tmp_path, "import torchh")
    assert status == 1
    assert lines[-1] == "ModuleNotFoundError: No module named 'torchh'"
    assert any("line 3" in line for line in lines)


def test_what_libraries_and_other_programs_say_is_in_the_log(tmp_path):
    status, lines = ended(tmp_path, "import os; os.system('echo compiling'); print('done')")
    assert status == 0
    assert {"compiling", "done"} <= set(lines)


def test_a_jobs_log_ends_with_what_it_took(tmp_path):
    status, lines = ended(tmp_path, "sum(range(10_000_000))")
    assert status == 0
    found = re.search(r"split_causes took (.+) core-seconds and (\d+) MB$", lines[-1])
    assert float(found[1]) > 0
    assert int(found[2]) > 10


def test_a_damaged_file_ends_a_job_with_the_rule_that_makes_it(tmp_path):
    text = "from mirage.files import DamagedError\n"
    text += "raise DamagedError('seed0/gen0/model.safetensors', 'cut short')"
    status, lines = ended(tmp_path, text)
    assert status == 1
    assert "model.safetensors is damaged (cut short)" in lines[-1]
    assert "rule train_model makes it anew" in lines[-1]


def test_a_job_takes_the_library_of_its_checkout_whatever_is_installed(tmp_path):
    (tmp_path / "mirage.py").write_text("raise ImportError('another library')")
    path = f"{tmp_path}:{ROOT}/workflow"
    text = "import mirage; print(mirage.__file__)"
    status, lines = ended(tmp_path, text, PYTHONPATH=path)
    assert status == 0
    assert lines[0] == f"{ROOT}/src/mirage/__init__.py"


def test_a_job_that_loads_more_than_its_hash_covers_fails_where_that_is_checked(tmp_path):
    text = "import mirage.figures.roc"
    assert ended(tmp_path, text)[0] == 0
    status, lines = ended(tmp_path, text, MIRAGE_CHECK_CODE="1")
    assert status == 1
    assert "not in the hash of split_causes: " in lines[-1]
    assert "mirage.figures.roc" in lines[-1]
