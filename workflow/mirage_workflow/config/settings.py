"""From the command line's config to checked experiments, or one clear line of error."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, model_validator

from mirage.registry import RegistryError, load
from mirage_workflow.config.check import ConfigError, check
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.layers import Preset, read
from mirage_workflow.config.section import Section, Unique, unknown
from mirage_workflow.config.sweeps import variants
from mirage_workflow.config.user_files import require_files

Engine = Literal[
    "auto", "pytorch", "sse4", "avx2", "avx512", "avx512_bf16", "amx", "neon", "neon_bf16"
]
REPLICATES = {"smoke": 1, "quick": 1, "default": 5, "paper": 5}


class Settings(Section):
    """config/config.yaml: what one run of the pipeline makes."""

    preset: Preset = "default"
    """The set of numbers: smoke, quick, default or paper."""
    experiments: Unique[str] = Field(
        [
            "gaussian1d",
            "gaussian1d_gap",
            "gaussian2d_grid",
            "gaussian2d_rotated",
            "mnist",
            "shapes",
        ],
        min_length=1,
    )
    """Names of files in config/experiments, without .yaml: one's own there, or Mirage's."""
    seeds: Annotated[Unique[NonNegativeInt], Field(min_length=1)] | None = None
    """One replicate of everything for each; null for as many as the preset has: five in
    `default` and `paper`, one in `smoke` and `quick`."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: the job's GPU where it has one, else the CPU."""
    engine: Engine = "auto"
    """What computes networks for points on a CPU: `auto`, the fastest vector unit of each
    job's processor; the name of one, for the same numbers on unlike machines; `pytorch`."""
    extensions: Unique[str] = []
    """Python files, relative to the working directory, that register datasets, detectors,
    filters, metrics and figures."""
    keep_samples: bool = True
    """Whether generated samples and their scores stay; if not, they are deleted as soon as
    all that is measured, drawn and trained from them is made."""

    @property
    def audit_repetitions(self) -> int:
        """How often the audit of the ledger draws each model that is known."""
        return 20 if self.preset == "smoke" else 1_000

    @model_validator(mode="before")
    @classmethod
    def _as_many_seeds_as_the_preset_has(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("seeds") is None:
            preset = values.get("preset", "default")
            count = REPLICATES.get(preset, 1) if isinstance(preset, str) else 1
            return {**values, "seeds": list(range(count))}
        return values


def read_settings(config: dict[str, Any]) -> Settings:
    """Check the merged Snakemake config, and load the extensions that it names.

    Raises:
        ConfigError: naming the key, what was found and what is allowed.
    """
    settings = check(Settings, config, "config")
    for path in settings.extensions:
        try:
            load(path)
        except RegistryError as error:
            raise ConfigError(f"config: extensions: {error}") from None
    return settings


def read_experiments(settings: Settings, *folders: Path) -> dict[str, Experiment]:
    """Read the experiments that `settings` names, as they are under its preset.

    Args:
        settings: of the run.
        folders: where experiments are looked for, in this order.

    Raises:
        ConfigError: for an unknown experiment, for anything wrong in its file, and
            where files are missing that the user was to bring.
    """
    found = [path for folder in reversed(folders) for path in sorted(folder.glob("*.yaml"))]
    known = {path.stem: path for path in found}
    experiments = {}
    for name in settings.experiments:
        if name not in known:
            raise ConfigError(f"config: experiments: {unknown('experiment', name, sorted(known))}")
        path = known[name]
        experiments[name] = read_experiment(path, settings.preset)
        try:
            require_files(experiments[name])
        except ValueError as error:
            raise ConfigError(f"{path}: {error}") from None
    return experiments


def read_experiment(path: Path, preset: Preset) -> Experiment:
    """Read one experiment with all that it builds on, as it is under a preset.

    Raises:
        ConfigError: for text that is not YAML and for every setting that cannot work.
    """
    layers = read(path, preset)
    where = f"{path} (preset {preset})"
    experiment = check(Experiment, layers.recipe, where, layers.said_in).resolved()
    try:
        variants(experiment, where)  # refuses small models that cannot work
    except ConfigError as error:
        raise ConfigError(f"{error}{layers.said_in(['sweeps'])}") from None
    return experiment


def sections_of(experiment: Experiment, *names: str) -> dict[str, Any]:
    """Some sections of an experiment as JSON has them, for a job."""
    return experiment.model_dump(mode="json", include=set(names))
