"""Measure one generation: its distance from the truth, and how well detectors tell it."""

from dataclasses import asdict

import pandas as pd

from mirage import frames, labels_by_eye
from mirage.detectors import columns
from mirage.metrics import detection, mixture, shapes
from mirage.metrics.rows import Row
from mirage.streams import stream
from mirage_workflow import build, job, tables
from mirage_workflow.config.datasets import MixtureOptions, ShapesOptions
from mirage_workflow.config.experiment import Experiment


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--filter", required=True, help="that led here; `shared` for generation 0")
    parser.add_argument("--scores", nargs="+", required=True)
    parser.add_argument("--reference", help="for pictures: features of the real ones")
    parser.add_argument("--counter", help="for shapes: thresholds of their counter")
    parser.add_argument("--audit", help="for shapes: how far the counter can be trusted")
    parser.add_argument("--labels", help="table LABELS, where people gave some")
    parser.add_argument("--metrics", required=True)
    parser.add_argument("--roc", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    windows = columns(experiment.detection.detectors, experiment.detection.windows)
    scores, roc = tables.Parts(*args.scores), pd.DataFrame()
    if isinstance(experiment.dataset, MixtureOptions):
        tally = mixture.tally(scores, build.mixture(experiment.dataset))
        rows = mixture.measure(tally, experiment.scoring.radius)
    elif isinstance(experiment.dataset, ShapesOptions):
        counter, audit = tables.read(args.counter), tables.read(args.audit)
        pictures = tables.read(*args.scores)
        rows = shapes.measure(pictures, counter, audit)
        rows += shapes.auroc_by_type(pictures, windows)
    else:
        rows = measure_pictures(experiment, tables.read(*args.scores), args)
    if args.labels:
        labels = tables.read(args.labels)
        rows += labels_by_eye.measure(labels)
        parts = tables.Parts(*args.scores, columns=["sample", *windows])
        scores = [part.dropna(subset="label") for part in labels_by_eye.attach(parts, labels)]
    if experiment.dataset.has_labels or args.labels:
        rankings = detection.rank(scores, windows)
        rows += detection.measure(rankings)
        roc = detection.roc(rankings)
    metrics = pd.DataFrame([asdict(row) for row in rows])
    place = {
        "experiment": args.experiment,
        "seed": args.seed,
        "filter": args.filter,
        "generation": args.generation,
    }
    for path, table, schema in (
        (args.metrics, metrics, tables.METRICS),
        (args.roc, roc, tables.ROC),
    ):
        table = table.assign(**place).reindex(columns=schema.names)
        tables.write(path, table, schema, job.provenance(args))


def measure_pictures(experiment: Experiment, scores: pd.DataFrame, args) -> list[Row]:
    """Distances between generated and real pictures in a network's features."""
    from mirage.metrics import pictures

    reference = tables.read(args.reference)
    real, heldout = (
        frames.stack(reference.loc[reference["split"] == split, "features"])
        for split in ("train", "heldout")
    )
    rng = stream(args.seed, "measure", args.generation)
    features = frames.stack(scores["features"])
    return pictures.measure(scores, features, real, heldout, rng, experiment.feature_network)


if __name__ == "__main__":
    job.run(main)
