"""The profile on a real Slurm: one node, and a GPU that is only pretended.

Runs where its scripts lie in ../shared/slurm-test beside the checkout, or in the folder
named by MIRAGE_SLURM_TEST, and only as root, which they need.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from shutil import which

import pytest
from checkouts import ROOT

SCRIPTS = Path(os.environ.get("MIRAGE_SLURM_TEST", ROOT.parent / "shared/slurm-test"))
MODEL = "results/smoke/gaussian1d/seed0/gen0/model.safetensors"
GENERATION = "results/smoke/gaussian1d/seed0/gen0/metrics.parquet"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (SCRIPTS / "slurm_up.sh").exists() or os.getuid() != 0,
        reason=f"a Slurm to test on needs {SCRIPTS} and root",
    ),
]


@pytest.fixture(scope="module")
def slurm():
    """Slurm with partitions as roomy as a cluster's; stopped again if started here."""
    running = which("sinfo") and subprocess.run(["sinfo"], capture_output=True).returncode == 0
    up = subprocess.run(
        ["bash", SCRIPTS / "slurm_up.sh"], capture_output=True, text=True, check=False
    )
    assert up.returncode == 0, up.stdout + up.stderr
    for partition in ("cpu", "gpu"):
        command("scontrol", "update", f"partitionname={partition}", "maxtime=1-0")
    yield
    if not running:
        subprocess.run(["bash", SCRIPTS / "slurm_down.sh"], check=True)


@pytest.fixture
def site(small, slurm):
    """A checkout whose profile looks after its jobs every second, as few sites would."""
    with open(small.path / "profiles/slurm/config.yaml", "a") as profile:
        profile.write("slurm-init-seconds-before-status-checks: 1\n")
    return small


def command(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def arguments(site, target: str) -> list[str]:
    return ["--profile", "slurm", *site.settings, "--", target]


def run(site, target: str) -> str:
    """A run that ends well; what Snakemake said of it."""
    finished = site.snakemake(*arguments(site, target))
    assert finished.returncode == 0, finished.stderr[-4000:]
    return finished.stderr


def submitted(said: str) -> list[tuple[str, str]]:
    """(rule or group, number of the Slurm job), in order."""
    found = re.findall(r"SLURM jobid (\d+) \(log: \S+/slurm_logs/(?:rule|group)_([^/]+)/", said)
    return [(name, number) for number, name in found]


def accounts() -> dict[str, dict[str, str]]:
    """What Slurm wrote of each finished job, by its number."""
    place = re.search(r"JobCompLoc\s*= (\S+)", command("scontrol", "show", "config"))[1]
    lines = Path(place).read_text().splitlines()
    jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
    return {job["JobId"]: job for job in jobs}


def wait_for(found, seconds: float = 120):
    """What `found` returns, once it returns something."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return result


def running(site) -> list[str]:
    """Numbers of this checkout's jobs that run now."""
    lines = command("squeue", "-h", "-t", "R", "-o", "%i %Z").splitlines()
    return [line.split()[0] for line in lines if line.split()[1] == str(site.path)]


def slow_down(site, seconds: int) -> None:
    """The first training starts late, so that something may happen to it."""
    script = site.path / "workflow/scripts/train_model.py"
    pause = f"""
import os, time
try:
    os.mkdir("slow")
    time.sleep({seconds})
except FileExistsError:
    pass
"""
    start = "job = begin(snakemake)\n"
    text = script.read_text()
    assert start in text
    script.write_text(text.replace(start, start + pause))


def memory(job: dict[str, str]) -> int:
    return int(re.search(r"mem=(\d+)M", job["Tres"])[1])


def test_a_run_through_the_profile_survives_a_cancelled_job(site, undisturbed):
    slow_down(site, 60)
    process = site.start(*arguments(site, "all_figures"), log=site.path / "said")
    cancelled, *_ = wait_for(lambda: [job for job in running(site) if is_training(site, job)])
    command("scancel", cancelled)
    assert process.wait() == 0, (site.path / "said").read_text()[-4000:]
    jobs, told = submitted((site.path / "said").read_text()), accounts()

    partitions = {name.split("_")[0]: told[number]["Partition"] for name, number in jobs}
    assert {partitions[name] for name in ("train", "generation", "record")} == {"gpu"}
    assert {partitions[name] for name in ("make", "write", "plot", "collect")} == {"cpu"}
    # All that follows training in each of the two generations shares one Slurm job.
    assert sum(name.startswith("generation") for name, _ in jobs) == 2
    assert not [name for name, _ in jobs if name.startswith(("draw", "score", "measure"))]

    first, second, _ = (told[number] for name, number in jobs if name == "train_model")
    assert (first["JobId"], first["JobState"]) == (cancelled, "CANCELLED")
    assert second["JobState"] == "COMPLETED"
    assert int(second["TimeLimit"]) == 2 * int(first["TimeLimit"])
    assert memory(second) == 2 * memory(first)
    assert undisturbed.items() <= site.tables().items()


def is_training(site, job: str) -> bool:
    return "train_model" in command("scontrol", "show", "job", job)


def test_shards_spread_over_slurm_jobs_once_nothing_joins_them(site):
    profile = site.path / "profiles/slurm/config.yaml"
    text = profile.read_text()
    for rule in ("count_histogram", "filter_samples", "measure_generation"):
        assert f"\n  {rule}: generation" in text
        text = text.replace(f"\n  {rule}: generation", "")
    profile.write_text(text)
    jobs, told = submitted(run(site, GENERATION)), accounts()
    shards = [told[number] for name, number in jobs if name.startswith("generation")]
    assert [job["Partition"] for job in shards] == ["gpu", "gpu"]
    assert not [name for name, _ in jobs if name.startswith(("draw", "score"))]


def test_a_job_over_its_time_is_given_more(site):
    slow_down(site, 600)
    profile = site.path / "profiles/slurm/config.yaml"
    text = profile.read_text()
    profile.write_text(text + "set-resources: {train_model: {runtime: attempt}}\n")
    jobs, told = submitted(run(site, MODEL)), accounts()
    first, second = (told[number] for name, number in jobs if name == "train_model")
    assert (first["JobState"], first["TimeLimit"]) == ("TIMEOUT", "1")
    assert (second["JobState"], second["TimeLimit"]) == ("COMPLETED", "2")


def test_snakemake_itself_killed_goes_on_where_it_was(site):
    slow_down(site, 10)
    process = site.start(*arguments(site, MODEL))
    wait_for(lambda: [job for job in running(site) if is_training(site, job)])
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    locked = site.snakemake(*arguments(site, MODEL))
    assert locked.returncode != 0
    assert "unlock" in locked.stderr
    assert site.snakemake("--profile", "slurm", "--unlock").returncode == 0
    names = [name for name, _ in submitted(run(site, MODEL))]
    assert names == ["train_model"]
    for job in running(site):  # the first one's job, which nobody waits for any more
        command("scancel", job)
