"""Measure one generation: its distance from the truth, and how well detectors tell it."""

import pandas as pd

from mirage import frames
from mirage.detectors import every_score
from mirage.metrics import detection, own
from mirage.metrics.rows import Row, frame
from mirage.registry import DATASETS
from mirage.streams import stream
from mirage_workflow import job, tables
from mirage_workflow.config.experiment import Experiment


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--filter", required=True, help="that led here; `shared` for generation 0")
    parser.add_argument("--scores", nargs="+", required=True)
    parser.add_argument("--samples", nargs="+", help="for metrics of a user's own")
    parser.add_argument("--reference", help="for pictures: features of the real ones")
    parser.add_argument("--counter", help="for shapes: thresholds of their counter")
    parser.add_argument("--audit", help="for shapes: how far the counter can be trusted")
    parser.add_argument("--metrics", required=True)
    parser.add_argument("--roc", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    every = every_score(experiment.detection.detectors, experiment.detection.windows)
    scores, roc = tables.Parts(*args.scores), pd.DataFrame()
    rows = measure(experiment, scores, every, args)
    if experiment.dataset.has_labels:
        rankings = detection.rank(scores, every)
        rows += detection.measure(rankings)
        roc = detection.roc(rankings)
    place = {
        "experiment": args.experiment,
        "seed": args.seed,
        "filter": args.filter,
        "generation": args.generation,
    }
    for path, table, schema in (
        (args.metrics, frame(rows), tables.METRICS),
        (args.roc, roc, tables.ROC),
    ):
        table = table.assign(**place).reindex(columns=schema.names)
        tables.write(path, table, schema, job.provenance(args))


def measure(experiment: Experiment, scores: tables.Parts, every, args) -> list[Row]:
    """What the dataset, the network of pictures and the user's own metrics say."""
    dataset, needed = experiment.dataset, ("counter", "audit")
    needed = {name: tables.read(path) for name in needed if (path := getattr(args, name))}
    rows = dataset.measure(scores, every, experiment.scoring.radius, needed)
    rows = own.rows_of(DATASETS, dataset.name, rows, 0)
    if args.reference:
        rows += measure_pictures(experiment, tables.read(*args.scores), args)
    if experiment.metrics:
        samples = tables.read_points(*args.samples, shape=dataset.shape)
        rows += own.measure(experiment.metrics, samples, tables.read(*args.scores))
    return rows


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
