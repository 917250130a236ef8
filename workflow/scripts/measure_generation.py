"""Measure one generation: its distance from the truth, and how well detectors tell it."""

from mirage_workflow.job import begin

job = begin(snakemake)

from dataclasses import asdict

import pandas as pd

from mirage import frames
from mirage.detectors import columns
from mirage.metrics import detection, mixture, shapes
from mirage.metrics.rows import Row
from mirage.streams import stream
from mirage_workflow import tables
from mirage_workflow.config.datasets import MixtureOptions, ShapesOptions
from mirage_workflow.process import mixture_of
from mirage_workflow.schemas.metrics import METRICS
from mirage_workflow.schemas.roc import ROC
from mirage_workflow.sections import sections

experiment = sections(job.config)
windows = columns(experiment.detection.detectors, experiment.detection.windows)
scores, roc = tables.Parts(*job.input.scores), pd.DataFrame()


def measured() -> list[Row]:
    """How far the samples are from the truth, as far as that is known."""
    if isinstance(experiment.dataset, MixtureOptions):
        tally = mixture.tally(scores, mixture_of(experiment.dataset))
        return mixture.measure(tally, experiment.scoring.radius)
    if isinstance(experiment.dataset, ShapesOptions):
        counter, audit = tables.read(job.input.counter), tables.read(job.input.audit)
        counted = tables.read(*job.input.scores)
        rows = shapes.measure(counted, counter, audit)
        return rows + shapes.auroc_by_type(counted, windows)
    from mirage.metrics import pictures

    generated, reference = tables.read(*job.input.scores), tables.read(job.input.reference)
    real, heldout = (
        frames.stack(reference.loc[reference["split"] == split, "features"])
        for split in ("train", "heldout")
    )
    features, rng = frames.stack(generated["features"]), stream(job.seed, "measure", job.generation)
    return pictures.measure(generated, features, real, heldout, rng, experiment.feature_network)


rows = measured()
if experiment.dataset.has_labels:
    rankings = detection.rank(scores, windows)
    rows += detection.measure(rankings)
    roc = detection.roc(rankings)
place = {"experiment": job.wildcards.experiment, "seed": job.seed}
place |= {"filter": job.filter, "generation": job.generation}
for path, table, schema in (
    (job.output.metrics, pd.DataFrame([asdict(row) for row in rows]), METRICS),
    (job.output.roc, roc, ROC),
):
    table = table.assign(**place).reindex(columns=schema.names)
    tables.write(path, table, schema, job.provenance())
