"""How far a run is, for a person: `snakemake --logger mirage`, with `workflow` on PYTHONPATH.

In a terminal a bar with the jobs done, the time gone and what runs now; elsewhere a plain
line now and then. A failed job shows the end of its log. Snakemake finds a logger by this
package's name, and keeps its own full log in .snakemake/log.
"""

import sys
import threading
import time
from logging import WARNING, LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from tqdm import tqdm

SECONDS_BETWEEN_LINES = 30
LINES_OF_A_FAILED_LOG = 20
REPEATS_THE_COMMAND = "CalledProcessError in file"
"""In the error that follows each failed job, which is told already."""


class LogHandler(LogHandlerBase):
    """Snakemake calls `emit` in one thread for all that happens, and `close` at the end."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self.running: dict[int, str] = {}
        self.done, self.total, self.start = 0, 0, time.monotonic()
        self.bar: tqdm | None = None
        self.interrupted, self.ended = False, threading.Event()

    def emit(self, record: LogRecord) -> None:
        event, message = getattr(record, "event", None), record.getMessage().strip()
        if event == LogEvent.RUN_INFO and not self.total:
            self._begin(record.stats["total"])
        elif event == LogEvent.JOB_INFO:
            names = [value for key, value in record.wildcards.items() if key != "preset"]
            self.running[record.jobid] = " ".join([record.rule_name, *names])
        elif event == LogEvent.JOB_FINISHED:
            self.running.pop(record.job_id, None)
        elif event == LogEvent.PROGRESS:
            self.done, self.total = record.done, record.total
        elif event == LogEvent.JOB_ERROR:
            self._tell_failure(self.running.pop(record.jobid, record.rule_name), record.log)
        elif message.startswith("Terminating processes"):
            self.interrupted = True
        elif message.startswith("Nothing to be done"):
            self._write(message)
        elif record.levelno < WARNING or self.interrupted or REPEATS_THE_COMMAND in message:
            return
        else:
            self._write(message)
        if self.bar is not None:
            self._tell()

    def close(self) -> None:
        if self.total and not self.ended.is_set():
            self.ended.set()
            self.running.clear()
            self._tell()
            if self.bar is not None:
                self.bar.close()
            if self.interrupted:
                self._write("stopped; the same command goes on from here")
        super().close()

    def _begin(self, total: int) -> None:
        self.total = total
        if sys.stderr.isatty():
            shape = "{percentage:3.0f}% {bar:20} {n}/{total} jobs, {elapsed}{postfix}"
            self.bar = tqdm(total=total, bar_format=shape, dynamic_ncols=True)
        threading.Thread(target=self._keep_telling, daemon=True).start()

    def _keep_telling(self) -> None:
        while not self.ended.wait(SECONDS_BETWEEN_LINES if self.bar is None else 1):
            self._tell()

    def _tell(self) -> None:
        now = ", ".join(self.running.copy().values())
        now = f"now {now}" if now else ""
        if self.bar is not None:
            self.bar.n, self.bar.total, self.bar.postfix = self.done, self.total, now
            self.bar.refresh()
        else:
            share = f"{self.done} of {self.total} jobs ({self.done / self.total:.0%})"
            gone = tqdm.format_interval(time.monotonic() - self.start)
            self._write(", ".join(filter(None, [share, gone, now])))

    def _tell_failure(self, job: str, logs: list[str]) -> None:
        lines = [line for log in logs for line in end_of(Path(log))]
        if lines and lines[-1].startswith("KeyboardInterrupt"):
            self.interrupted = True  # a terminal's Ctrl-C reaches jobs first
        if not self.interrupted:
            self._write("\n    ".join([f"{job} failed; the end of {', '.join(logs)}:", *lines]))

    def _write(self, text: str) -> None:
        tqdm.write(text, file=sys.stderr)


def end_of(log: Path) -> list[str]:
    """The last lines of a job's log; none if it wrote none."""
    if not log.exists():
        return []
    return log.read_text(errors="replace").splitlines()[-LINES_OF_A_FAILED_LOG:]
