"""Whatever happens to a run, it ends with the tables of an undisturbed one."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from checkouts import Small, tables_of

pytestmark = pytest.mark.long

MODEL = "seed0/gen0/model.safetensors"
LOGS = "results/smoke/logs/gaussian1d"


def steps_begun(small: Small) -> list[Path]:
    """The logs of the steps that have begun, latest last."""
    logs = list((small.path / LOGS).rglob("*.log"))
    return sorted(logs, key=lambda log: log.stat().st_mtime_ns)


def wait_for(condition, process: subprocess.Popen | None = None, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "the run ended too early"
        assert time.monotonic() < end
        time.sleep(0.01)


def kill(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def processes(small: Small, script: str) -> list[int]:
    """The processes of a script in a checkout."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            here = Path(os.readlink(entry / "cwd")) == small.path
        except OSError:
            continue
        if here and any(word.endswith(script.encode()) for word in words[:3]):
            found.append(int(entry.name))
    return found


def logged(small: Small, step: str) -> str:
    return (small.path / LOGS / f"{step}.log").read_text()


# --- killed ------------------------------------------------------------------------------------

RUNS, KILLS = 5, 4


@pytest.mark.parametrize("run", range(RUNS))
def test_a_run_killed_at_four_random_moments(small, undisturbed, run, tell):
    rng = random.Random(run)
    small.edit("checkpoint_every: 50", "checkpoint_every: 10")
    moments = sorted((rng.randint(1, 12), rng.uniform(0, 1)) for _ in range(KILLS))
    caught = Counter()
    for steps, delay in moments:
        process = small.start(*small.arguments())
        wait_for(lambda steps=steps: len(steps_begun(small)) >= steps, process)
        time.sleep(delay)
        ended = process.poll() is not None
        kill(process) if not ended else None
        caught["after the end" if ended else steps_begun(small)[-1].stem] += 1
        assert small.snakemake("--unlock").returncode == 0
    small.run()
    assert small.tables() == undisturbed
    assert not list((small.path / "results").rglob("*.checkpoint"))
    where = ", ".join(f"{step} {count}" for step, count in caught.items())
    tell(f"run {run} killed at {KILLS} moments: {where}")


# --- asked to end ------------------------------------------------------------------------------


def test_training_asked_to_end_goes_on_in_its_retry(small, undisturbed):
    small.edit("checkpoint_every: 50", "checkpoint_every: 1")  # time to be asked in
    process = small.start(*small.arguments("--retries", "1"), log=small.path / "said")
    checkpoint = small.path / small.experiment / f"{MODEL}.checkpoint"
    wait_for(checkpoint.exists, process)
    (training,) = processes(small, "train_model.py")
    os.kill(training, signal.SIGTERM)
    assert process.wait() == 0, (small.path / "said").read_text()[-4000:]
    assert "resuming after" in logged(small, "seed0/gen0/train_model")
    assert small.tables() == undisturbed


# --- disks -------------------------------------------------------------------------------------


@pytest.fixture
def mount():
    """Mounts that are undone in the end."""
    places = []

    def make(place: Path, *words: str) -> None:
        command = ["mount", *words, str(place)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("only root, and not in every container, may mount")
        if place not in places:  # a remount is undone with its mount
            places.append(place)

    yield make
    for place in reversed(places):
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_ends_a_run_with_a_line_and_room_lets_it_go_on(small, undisturbed, mount):
    results = small.path / "results"
    results.mkdir()
    mount(results, "-t", "tmpfs", "-o", "size=300k", "tmpfs")
    full = small.snakemake(*small.arguments())
    assert full.returncode != 0
    lines = [line for log in steps_begun(small) for line in log.read_text().splitlines()]
    assert any("No space left on device" in line for line in lines)
    assert not any("Traceback" in line for line in lines)
    assert not list(results.rglob("*.tmp"))
    mount(results, "-o", "remount,size=64m")
    small.run()
    assert small.tables() == undisturbed


@pytest.fixture(scope="session")
def ended(tmp_path_factory) -> Small:
    """A run that has ended well; to be copied."""
    checkout = Small(tmp_path_factory.mktemp("ended"))
    checkout.run()
    return checkout


@pytest.fixture
def finished(ended, tmp_path) -> Small:
    """A copy of such a run, for a test's own."""
    copy = object.__new__(Small)
    copy.path = tmp_path / "copy"
    shutil.copytree(ended.path, copy.path, symlinks=True)
    return copy


def test_read_only_results_are_told_in_a_line_and_left_alone(finished, undisturbed, mount):
    results = finished.path / "results"
    for table in ("metrics", "summary"):
        (results / f"smoke/gaussian1d/{table}.parquet").unlink()
    mount(results, "--bind", str(results))
    mount(results, "-o", "remount,ro,bind")
    refused = finished.snakemake(*finished.arguments())
    assert refused.returncode != 0
    assert "Read-only file system" in refused.stderr
    subprocess.run(["umount", "-l", results], check=True)
    subprocess.run(["mount", "--bind", results, results], check=True)  # for the fixture to undo
    finished.snakemake("--unlock")
    finished.run()
    assert finished.tables() == undisturbed


DAMAGES = {
    # what is damaged: (what of it is used next, by which step, and the rule that is told)
    "seed0/data.parquet": (MODEL, "seed0/gen0/train_model", "make_dataset"),
    "seed0/gen0/model.safetensors": (
        "seed0/gen0/samples/shard00001.parquet",
        "seed0/gen0/draw_samples_00001",
        "train_model",
    ),
    "seed0/gen0/samples/shard00000.parquet": (
        "seed0/gen0/scores/shard00000.parquet",
        "seed0/gen0/score_samples_00000",
        "draw_samples",
    ),
    "seed0/gen0/scores/shard00001.parquet": (
        "seed0/gen0/metrics.parquet",
        "seed0/gen0/measure_generation",
        "score_samples",
    ),
}


def flip_a_bit(path: Path) -> None:
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 3] ^= 16
    path.write_bytes(contents)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("damaged", DAMAGES)
def test_a_damaged_file_is_found_where_it_is_read(finished, undisturbed, damaged):
    needed, step, rule = DAMAGES[damaged]
    folder = finished.path / finished.experiment
    stamp = (folder / damaged).stat()
    finished.target = f"{finished.experiment}/{needed}"
    for damage in (flip_a_bit, truncate):
        (folder / needed).unlink(missing_ok=True)
        damage(folder / damaged)
        os.utime(folder / damaged, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        refused = finished.snakemake(*finished.arguments())
        assert refused.returncode != 0
        last = logged(finished, step).strip().splitlines()[-1]
        assert damaged in last
        assert f"rule {rule} makes it anew" in last
    (folder / damaged).unlink()
    finished.run()
    del finished.target  # back to that of all
    finished.run()
    assert finished.tables() == undisturbed


# --- two at once, and clocks -------------------------------------------------------------------


def test_a_second_snakemake_in_the_folder_is_refused(small, undisturbed):
    first = small.start(*small.arguments())
    wait_for(lambda: steps_begun(small), first)
    second = small.snakemake(*small.arguments())
    assert second.returncode != 0
    assert "LockException" in second.stderr
    assert first.wait() == 0
    assert small.tables() == undisturbed


def test_a_clock_that_jumps_costs_time_but_no_truth(finished, undisturbed):
    rng = random.Random(0)
    for path in sorted(finished.path.rglob("*")):
        if path.is_file() and ".snakemake" not in path.parts:
            moment = time.time() + rng.uniform(-3, 3) * 365 * 24 * 3600
            os.utime(path, (moment, moment))
    finished.run()
    assert finished.tables() == undisturbed


# --- places ------------------------------------------------------------------------------------


def test_cores_and_the_name_of_the_folder_change_nothing(tmp_path, undisturbed):
    folder = tmp_path / "a folder of Zoë's, naïve & 100 % $HOME's"
    folder.mkdir()
    checkout = Small(folder)
    checkout.run(cores=2)
    assert checkout.tables() == undisturbed


def test_seven_shards_elsewhere_from_a_read_only_checkout(tmp_path, undisturbed, mount):
    (tmp_path / "checkout").mkdir()
    checkout = Small(tmp_path / "checkout")
    checkout.edit("shard_size: 2_000", "shard_size: 500")
    place = tmp_path / "elsewhere über"
    mount(checkout.path, "--bind", str(checkout.path))
    mount(checkout.path, "-o", "remount,ro,bind")
    checkout.run("--directory", str(place))
    assert not (checkout.path / "results").exists()
    folder = place / checkout.experiment
    assert len(list((folder / "seed0/gen0/samples").iterdir())) == 7
    assert tables_of(folder) == undisturbed


# --- checkpoints of other runs -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [("updates: 150", "updates: 140"), (None, None)],
    ids=["another config", "other code"],
)
def test_a_checkpoint_of_another_run_is_refused_and_the_edit_goes_through(small, before, after):
    small.edit("checkpoint_every: 50", "checkpoint_every: 1")
    process = small.start(*small.arguments())
    folder = small.path / small.experiment
    wait_for((folder / f"{MODEL}.checkpoint").exists, process)
    kill(process)
    small.snakemake("--unlock")
    if before:
        small.edit(before, after)
    else:
        source = small.path / "src/mirage/diffusion.py"
        source.write_text(source.read_text() + "\nEDITED = True\n")
    small.target = f"{small.experiment}/{MODEL}"
    small.run()
    said = logged(small, "seed0/gen0/train_model")
    assert "is refused, as it is of another run" in said
    assert "resuming" not in said
    assert not (folder / f"{MODEL}.checkpoint").exists()
