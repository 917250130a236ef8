"""What every script of the workflow shares: arguments, log, device, provenance."""

import argparse
import hashlib
import json
import logging
import os
import platform
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import get_type_hints

from pydantic import TypeAdapter

import mirage
import mirage_workflow
from mirage.files import DamagedError
from mirage.registry import RegistryError, blame, load
from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.makers import remedy

log = logging.getLogger("mirage")

EXPECTED = (ConfigError, OSError, RuntimeError, ValueError)
"""Errors that are told in a line; any in a user's own file is."""

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


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with the arguments of every job; paths are added by each script."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--config", type=json.loads, default={}, help="the sections of the experiment used, as JSON"
    )
    parser.add_argument("--seed", type=int, default=0, help="the replicate")
    parser.add_argument("--generation", type=int, default=0, help="0 is trained on real data")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs this job was given")
    return parser


def sections(config: dict) -> Experiment:
    """The sections of an experiment that a job was given, each checked again.

    Reading a section that the job was not given raises AttributeError.
    """
    kinds = get_type_hints(Experiment, include_extras=True)
    values = {
        name: TypeAdapter(kinds[name]).validate_python(value) for name, value in config.items()
    }
    return Experiment.model_construct(_fields_set=set(values), **values)


def run(main: Callable[[], None]) -> None:
    """Run a script's main with its log on stderr, and end with one line on an expected error.

    SIGTERM, by which clusters end jobs, ends it with code 143 and no temporary file left. The
    log's last line says what the job took.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.captureWarnings(True)
    used, own = Path(mirage.__file__).parents[1], Path(mirage_workflow.__file__).parents[2] / "src"
    if used != own:
        log.warning("mirage is the one in %s, not this checkout's in %s", used, own)
    try:
        for path in extensions():
            load(path)
        main()
    except Exception as error:
        own = None if isinstance(error, RegistryError) else blame(error)
        if not own and not isinstance(error, EXPECTED):
            raise
        hint = f": {remedy(error.path)}" if isinstance(error, DamagedError) else ""
        debug = os.environ.get("MIRAGE_DEBUG")
        log.error("%s%s", own or f"{type(error).__name__}: {error}", hint, exc_info=debug)
        sys.exit(1)
    log.info("%s took %.1f core-seconds and %d MB", Path(sys.argv[0]).stem, *_taken())


def _taken() -> tuple[float, int]:
    """Core-seconds of this process since its start, and the most memory that it held, in MB.

    From the kernel's own account: to poll each job from outside cost Snakemake 3 % of a core.
    """
    per_mb = 2**20 if sys.platform == "darwin" else 2**10
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // per_mb
    return sum(os.times()[:4]), memory


def device(gpus: int) -> str:
    """`cuda` if the job was given a GPU and there is one, else `cpu`.

    Raises:
        RuntimeError: if the run insists on CUDA (device: cuda) and there is none.
    """
    import torch

    if gpus and torch.cuda.is_available():
        log.info("running on %s", torch.cuda.get_device_name())
        return "cuda"
    if os.environ.get("MIRAGE_DEVICE") == "cuda":
        raise RuntimeError("device: cuda was asked for, and this job sees no CUDA device")
    reason = "no CUDA device here" if gpus else "the job was given no GPU"
    log.info("running on the CPU: %s", reason)
    return "cpu"


def provenance(args: argparse.Namespace, device: str = "cpu", **computed) -> dict:
    """How this job's outputs come to be: config, seed, code, packages, device, and `computed`."""
    return {
        "config": args.config,
        "seed": args.seed,
        "generation": args.generation,
        "code": code_version(),
        "extensions": {path: _digest(path) for path in extensions()},
        "packages": {name: _version(name) for name in PACKAGES if _version(name)},
        "python": platform.python_version(),
        "device": device,
        **computed,
    }


def extensions() -> list[str]:
    """The user's own files that this run takes part of its code from."""
    return [path for path in os.environ.get("MIRAGE_EXTENSIONS", "").split(os.pathsep) if path]


def code_version() -> str:
    """The release and a hash of the source files of the library and the pipeline's package."""
    return f"{mirage.__version__}+{_hash_of(_sources())[:12]}"


def fingerprint(args: argparse.Namespace, data: Path) -> str:
    """Names a training run by all that decides its weights.

    Of the code, that is what this job has loaded: an edit of a figure costs no checkpoint.
    """
    loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    code = _hash_of(path for path in _sources() if path.suffix != ".py" or str(path) in loaded)
    parts = [args.config, args.seed, args.generation, code, _digest(data)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _sources() -> list[Path]:
    return [
        path
        for package in (mirage, mirage_workflow)
        for path in sorted(Path(package.__file__).parent.rglob("*"))
        if path.suffix in (".py", ".cpp", ".h")
    ]


def _hash_of(sources: Iterable[Path]) -> str:
    homes = [Path(package.__file__).parents[1] for package in (mirage, mirage_workflow)]
    digest = hashlib.sha256()
    for path in sources:
        home = next(home for home in homes if path.is_relative_to(home))
        digest.update(path.relative_to(home).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _digest(path: Path | str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
