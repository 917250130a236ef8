"""Measure one generation: its distance from the truth, and how well detectors tell it."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage import frames, labels_by_eye
from mirage.detectors import every_score
from mirage.metrics import detection, own
from mirage.metrics.rows import Row, frame
from mirage.registry import DATASETS
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.schemas.metrics import METRICS
from mirage_workflow.schemas.roc import ROC
from mirage_workflow.sections import sections

experiment = sections(job.config)
dataset = experiment.dataset
every = every_score(experiment.detection.detectors, experiment.detection.windows)
scores, roc = tables.Parts(*job.input.scores), pd.DataFrame()


def by_features() -> list[Row]:
    """Distances between generated and real pictures in a network's features."""
    from mirage.metrics import pictures

    generated = tables.read(*job.input.scores)
    real, heldout = tables.real_features(job.input.reference)
    features, rng = (
        frames.stack(generated["features"]),
        numpy_rng(job.seed, "measure", job.generation),
    )
    return pictures.measure(generated, features, real, heldout, rng, experiment.feature_network)


needed = {
    name: tables.read(job.input[name]) for name in ("counter", "audit") if name in dataset.needs
}
rows = dataset.measure(scores, every, experiment.scoring.radius, needed)
rows = own.rows_of(DATASETS, dataset.name, rows, 0)
if "reference" in dataset.needs:
    rows += by_features()
if experiment.metrics:
    samples = tables.read_points(*job.input.samples, shape=dataset.shape)
    rows += own.measure(experiment.metrics, samples, tables.read(*job.input.scores))
if job.input.labels:
    labels = tables.read(job.input.labels)
    rows += labels_by_eye.measure(labels)
    parts = tables.Parts(*job.input.scores, columns=["sample", *(score.column for score in every)])
    scores = [part.dropna(subset="label") for part in labels_by_eye.attach(parts, labels)]
if dataset.has_labels or job.input.labels:
    rankings = detection.rank(dataset.judged(scores), every)
    rows += detection.measure(rankings)
    roc = detection.roc(rankings)
else:
    rows += detection.medians(scores, every)
place = {"experiment": job.wildcards.experiment, "seed": job.seed}
place |= {"filter": job.filter, "generation": job.generation}
for path, table, schema in (
    (job.output.metrics, frame(rows), METRICS),
    (job.output.roc, roc, ROC),
):
    table = table.assign(**place).reindex(columns=schema.names)
    tables.write(path, table, schema, job.provenance())
