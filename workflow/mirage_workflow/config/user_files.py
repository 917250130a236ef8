"""Files that the user brings, looked for before a job starts."""

from pathlib import Path

from mirage.labels_by_eye import read
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.from_elsewhere import files, require_pipeline, require_samples


def require_files(experiment: Experiment) -> None:
    """Look for what an experiment says it reads.

    Raises:
        ValueError: naming the key and what was found in its place; of labels that cannot be
            used, with their line; of a file whose name has braces, which Snakemake would take for
            a wildcard.
    """
    for path in experiment.dataset.files:
        _refuse_braces("dataset", str(path))
    if experiment.samples:
        require_samples(experiment)
    elif experiment.origin == "pipeline":
        require_pipeline(experiment)
    for path in files(experiment):
        _refuse_braces("samples" if experiment.samples else "network.folder", path)
    for path in experiment.labels:
        if not Path(path).is_file():
            raise ValueError(
                f"labels: no such file in {Path.cwd()}: found {path!r}; "
                "allowed: a CSV saved from label.html, or none"
            )
        _refuse_braces("labels", path)
        try:
            read(path, experiment.sampling.samples)
        except ValueError as error:
            raise ValueError(f"labels: {error}") from None
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
