"""What every job has in common."""

import json
import re
import time
from pathlib import Path

import pytest
import torch

from mirage.files import DamagedError
from mirage_workflow import job
from mirage_workflow.config.settings import read_experiment, to_json


@pytest.fixture
def config():
    path = Path(__file__).parents[2] / "config/experiments/mnist.yaml"
    return json.loads(to_json(read_experiment(path, "quick"), "dataset", "training"))


def test_a_job_has_the_sections_it_was_given_and_no_others(config):
    sections = job.sections(config)
    assert sections.dataset.shape == (1, 16, 16)
    assert sections.training.updates == config["training"]["updates"]
    with pytest.raises(AttributeError):
        _ = sections.sampling


def test_a_job_run_by_hand_checks_its_sections_too(config):
    config["training"]["updates"] = -1
    with pytest.raises(ValueError, match="updates"):
        job.sections(config)


def test_no_gpu_means_the_cpu_unless_the_run_insists(monkeypatch):
    assert job.device(0) == "cpu"
    if not torch.cuda.is_available():
        assert job.device(1) == "cpu"
        monkeypatch.setenv("MIRAGE_DEVICE", "cuda")
        with pytest.raises(RuntimeError, match="cuda was asked for"):
            job.device(1)


def test_an_expected_error_ends_a_job_with_one_line(caplog):
    def fail():
        raise ValueError("dataset.samples: found 9, allowed 5")

    with pytest.raises(SystemExit) as stopped:
        job.run(fail)
    assert stopped.value.code == 1
    (record,) = caplog.records
    assert record.getMessage() == "ValueError: dataset.samples: found 9, allowed 5"
    assert not record.exc_info


def test_a_jobs_log_ends_with_what_it_took(caplog):
    caplog.set_level("INFO")
    before = time.process_time()
    job.run(lambda: None)
    seconds, memory = re.search(
        r"took (.+) core-seconds and (\d+) MB$", caplog.messages[-1]
    ).groups()
    assert float(seconds) > before - 0.1
    assert int(memory) > 50


def test_a_damaged_file_ends_a_job_with_the_rule_that_makes_it(caplog):
    def fail():
        raise DamagedError(Path("seed0/gen0/model.safetensors"), "cut short")

    with pytest.raises(SystemExit):
        job.run(fail)
    (record,) = caplog.records
    assert "model.safetensors is damaged (cut short)" in record.getMessage()
    assert "rule train_model makes it anew" in record.getMessage()


def test_a_job_says_so_if_the_library_is_not_this_checkouts(caplog, monkeypatch):
    monkeypatch.setattr(job.mirage, "__file__", "/elsewhere/mirage/__init__.py")
    job.run(lambda: None)
    (record,) = caplog.records
    assert "/elsewhere" in record.getMessage()


def test_a_runs_fingerprint_changes_with_all_that_decides_its_weights(tmp_path, config):
    def arguments(*extra):
        return job.parser("").parse_args(["--config", json.dumps(config), *extra])

    data = tmp_path / "data"
    data.write_bytes(b"one")
    first = job.fingerprint(arguments(), data)
    assert job.fingerprint(arguments("--gpus", "1", "--threads", "4"), data) == first
    others = {job.fingerprint(arguments("--seed", "1"), data)}
    others.add(job.fingerprint(arguments("--generation", "1"), data))
    data.write_bytes(b"two")
    others.add(job.fingerprint(arguments(), data))
    config["training"]["updates"] += 1
    others.add(job.fingerprint(arguments(), data))
    assert len(others | {first}) == 5
