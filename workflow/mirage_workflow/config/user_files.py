"""Files that the user brings, looked for before a job starts."""

from pathlib import Path

from mirage_workflow.config.experiment import Experiment


def require_files(experiment: Experiment) -> None:
    """Look for what an experiment says it reads.

    Raises:
        ValueError: naming the key and what was found in its place; also of a file whose name
            has braces, which Snakemake would take for a wildcard.
    """
    for path in experiment.dataset.files:
        _refuse_braces("dataset", str(path))
    module = experiment.classifier.torchscript
    if module is None:
        return
    if not Path(module).is_file():
        raise ValueError(
            f"classifier.torchscript: no such file in {Path.cwd()}: found {module!r}; "
            "allowed: a TorchScript module, or null"
        )
    _refuse_braces("classifier.torchscript", module)


def _refuse_braces(key: str, path: str) -> None:
    if "{" in path or "}" in path:
        raise ValueError(f"{key}: found {path!r}; allowed: names without braces")
