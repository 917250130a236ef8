"""What a run says in a terminal and when a job fails, and how Ctrl-C ends it."""

import fcntl
import os
import pty
import re
import struct
import termios
from pathlib import Path

import numpy as np
import pytest

FIGURES = ("figures", "PRESET=smoke", "CORES=2")
WAIT = """
import os, pathlib, time
pathlib.Path("job.pid").write_text(str(os.getpid()))
time.sleep(3600)
"""
FAIL = """
from mirage_workflow.job import begin

begin(snakemake)
for number in range(5000):
    print(f"line {number} of the log")
raise SystemExit("the reason")
"""
MINE = """
dataset: {name: unseen, sample_shape: [2]}
samples: {points: walks.npz}
sampling: {samples: 40}
"""


@pytest.fixture
def line(scratch):
    """A copy that makes one small experiment."""
    path = scratch.path / "config/config.yaml"
    text = path.read_text()
    listed = text[text.index("experiments:") : text.index("# one replicate")]
    path.write_text(text.replace(listed, "experiments: [gaussian1d_gap]\n"))
    return scratch


def test_ctrl_c_ends_all_jobs_and_the_next_run_goes_on_to_say_what_failed(line):
    script = line.path / "workflow/scripts/make_dataset.py"
    script.write_text(WAIT)
    said = interrupt_in_a_terminal(line, once=line.path / "job.pid")
    assert re.search(r"0% +0/\d+ jobs, \d+:\d\d, now ", said)
    assert "stopped; the same command goes on from here" in said
    assert "failed" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(int((line.path / "job.pid").read_text()), 0)

    script.write_text(FAIL)
    failed = line.make(*FIGURES)
    assert failed.returncode != 0
    assert "make_dataset gaussian1d_gap 0 failed" in failed.stderr
    assert "line 4999 of the log\n    the reason\n" in failed.stderr
    assert "line 4900" not in failed.stderr
    assert len(failed.stderr.splitlines()) < 40


def test_snakemake_alone_shows_why_a_job_refuses(scratch):
    walks = np.zeros((40, 2))
    walks[7] = np.nan
    np.savez(scratch.path / "walks.npz", x=walks)
    (scratch.path / "config/experiments/mine.yaml").write_text(MINE)
    settings = ("--config", "preset=smoke", "experiments=[mine]")
    shard = "results/smoke/mine/seed0/gen0/samples/shard00000.parquet"
    failed = scratch.snakemake("--cores", "1", *settings, "--", shard)
    assert failed.returncode != 0
    assert "ElsewhereError: walks.npz: x, row 7 (the first is 0): found NaN" in failed.stderr


def interrupt_in_a_terminal(checkout, once: Path) -> str:
    """`make figures` in a terminal of its own, where Ctrl-C is typed once a file is there."""
    command, environment = checkout.make_command(*FIGURES), checkout.environment()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(checkout.path)
        os.execvpe(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 150, 0, 0))
    said, typed = b"", False
    while True:
        try:
            said += os.read(terminal, 4096)
        except OSError:  # how Linux says that all who wrote there have ended
            break
        if not typed and b"make_dataset gaussian1d_gap 0" in said and once.exists():
            os.write(terminal, b"\x03")
            typed = True
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] != 0
    assert typed, said.decode()
    return said.decode()
