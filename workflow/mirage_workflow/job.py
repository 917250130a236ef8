"""What every script of the workflow begins with: its log, its inputs, its part of the config."""

import atexit
import hashlib
import json
import logging
import os
import platform
import resource
import signal
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any

import mirage
from mirage.files import DamagedError
from mirage.registry import RegistryError, blame, load, places
from mirage_workflow.makers import remedy
from mirage_workflow.places import filter_of, generation_of

log = logging.getLogger("mirage")

PACKAGES = (
    "numpy",
    "pandas",
    "pyarrow",
    "torch",
    "diffusers",
    "scipy",
    "scikit-learn",
    "mlxtend",
    "pillow",
)


def begin(snakemake: Any) -> "Job":
    """Open a job's log, for imports too: what a script does first.

    From here on all that is printed goes to the log, an expected error is one line of it, and
    its last line says what the job took. SIGTERM, by which clusters end jobs, ends it with code
    143 and no temporary file left.

    Args:
        snakemake: as Snakemake gives it to a script.
    """
    _open(snakemake.log[0])
    job = Job(snakemake)
    sys.excepthook = job.fail
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    atexit.register(job.end)
    for path in job.extensions:
        load(path)
    return job


def _open(path: str) -> None:
    """Send all output to a file: Python's, and that of compilers and other libraries."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(descriptor, stream.fileno())
    os.close(descriptor)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.captureWarnings(True)


class Job:
    """What a script knows of its job."""

    log = log

    def __init__(self, snakemake: Any) -> None:
        self.input, self.output = snakemake.input, snakemake.output
        """Paths by their names in the rule; a list where the rule gives one."""
        self.wildcards, self.threads = snakemake.wildcards, snakemake.threads
        self.gpus = getattr(snakemake.resources, "gpu", 0)
        self.code: str = snakemake.params.code
        """The hash of the code that the job's numbers come from."""
        self.told: dict = json.loads(snakemake.params.science)
        """What the rule says beside the config."""
        self.config: dict = self.told.pop("config", {})
        """The sections of the experiment that the job is given, as JSON has them."""
        self.extensions: list[str] = self.told.pop("extensions", [])
        """The user's own files that it takes part of its code from."""
        self.seed = int(getattr(self.wildcards, "seed", 0))
        self.script = Path(getattr(sys.modules["__main__"], "__file__", sys.argv[0]))
        self.name = self.script.stem.rpartition(".")[2]
        """Of the script, of which Snakemake runs a copy: `train_model`."""
        self._failed = False

    @property
    def generation(self) -> int:
        """The number of the generation; 0 is trained on real data."""
        lineage = getattr(self.wildcards, "lineage", None)
        return generation_of(lineage) if lineage else int(getattr(self.wildcards, "generation", 0))

    @property
    def filter(self) -> str:
        """The filter that led to the generation; `shared` for the first."""
        return filter_of(self.wildcards.lineage)

    @property
    def schedule(self) -> str | None:
        """The table of a learned noise schedule, where the job is given one."""
        return getattr(self.input, "schedule", None) or None

    def device(self) -> str:
        """`cuda` if the job was given a GPU and there is one, else `cpu`.

        Raises:
            RuntimeError: if the run insists on CUDA (device: cuda) and there is none.
        """
        import torch

        if self.gpus and torch.cuda.is_available():
            log.info("running on %s", torch.cuda.get_device_name())
            return "cuda"
        if os.environ.get("MIRAGE_DEVICE") == "cuda":
            raise RuntimeError("device: cuda was asked for, and this job sees no CUDA device")
        reason = "no CUDA device here" if self.gpus else "the job was given no GPU"
        log.info("running on the CPU: %s", reason)
        return "cpu"

    def provenance(self, device: str = "cpu", **computed: Any) -> dict:
        """How outputs come to be: config, seed, code, packages, device, and `computed`."""
        return {
            "config": self.config,
            "seed": self.seed,
            "generation": self.generation,
            "code": f"{mirage.__version__}+{self.code}",
            "script": self.name,
            "tables": [file for file in self.input if file.endswith(".parquet")],
            "extensions": {path: _digest(path) for path in self.extensions},
            "packages": {name: _version(name) for name in PACKAGES if _version(name)},
            "python": platform.python_version(),
            "device": device,
            **computed,
        }

    def about(self, function: Callable) -> dict[str, str]:
        """What a figure says of itself: the function that plotted it, its tables, its code."""
        return {
            "Subject": f"{function.__module__}.{function.__qualname__}",
            "Keywords": "\n".join(self.input),
            "Creator": f"mirage {mirage.__version__}+{self.code}",
        }

    def fingerprint(self, *files: Path | str) -> str:
        """Names a training run by all that decides its weights, the files it reads among it."""
        parts = [self.config, self.seed, self.generation, self.code, *map(_digest, files)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def fail(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Say in one line what was expected to go wrong, and where in all other cases."""
        self._failed = True
        own = None if isinstance(error, RegistryError) else blame(error)
        expected = own or isinstance(error, OSError | RuntimeError | ValueError)
        where = None if expected and not os.environ.get("MIRAGE_DEBUG") else (kind, error, trace)
        hint = f": {remedy(error.path)}" if isinstance(error, DamagedError) else ""
        log.error("%s%s", own or f"{kind.__name__}: {error}", hint, exc_info=where)

    def end(self) -> None:
        """Say what the job took, where nothing went wrong."""
        if self._failed:
            return
        if os.environ.get("MIRAGE_CHECK_CODE"):
            self._check_code()
        log.info("%s took %.1f core-seconds and %d MB", self.name, *_taken())

    def _check_code(self) -> None:
        """End with an error if code ran here whose edits would not make the job run again."""
        from mirage_workflow.code_hash import named, ran_of_ours, unforeseen

        ran = ran_of_ours()
        words = [self.told, self.config]
        words += [getattr(self.wildcards, name, None) for name in ("filter", "figure")]
        if found := unforeseen(ran, self.script, *named(words, places())):
            log.error("not in the hash of %s: %s", self.name, ", ".join(found))
            logging.shutdown()
            os._exit(1)
        log.info("%d modules ran, all in the hash of its code", len(ran))


def _taken() -> tuple[float, int]:
    """Core-seconds of this process since its start, and the most memory that it held, in MB.

    From the kernel's own account: to poll each job from outside cost Snakemake 3 % of a core.
    """
    per_mb = 2**20 if sys.platform == "darwin" else 2**10
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // per_mb
    return sum(os.times()[:4]), memory


def _digest(path: Path | str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
