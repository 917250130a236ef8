"""Make the page that explores generation 0: samples, ROC and histogram under one threshold."""

from mirage_workflow.job import begin

job = begin(snakemake)

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mirage import files, labels_by_eye
from mirage.detectors import Score, every_score
from mirage.pages import explorer
from mirage_workflow import tables
from mirage_workflow.schemas.fields import points
from mirage_workflow.sections import sections

experiment = sections(job.config)
shape, detection = experiment.dataset.shape, experiment.detection
every = every_score(detection.detectors, detection.windows)


def rows(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The first samples, and those whose paths are known whatever their number."""
    most = explorer.most(shape)
    kept = [part[(part["sample"] < most) | part["sample"].isin(followed)] for part in parts]
    return pd.concat(kept, ignore_index=True)


label = ["label"] if experiment.dataset.has_labels else []
columns = ["sample", *label, *(score.column for score in every)]
parts = tables.Parts(*job.input.scores, columns=columns)
if job.input.labels:
    parts = labels_by_eye.attach(parts, tables.read(job.input.labels))
trajectories = pd.DataFrame({"sample": [], "t": []})  # of latents, and where none were kept
if job.input.trajectories:
    trajectories = tables.read(job.input.trajectories)
followed = trajectories["sample"].unique()
place = [field.name for field in points(shape)]
samples = tables.Parts(*job.input.samples, columns=["sample", *place])
judged = experiment.dataset.judged(parts)
shown = rows(samples).merge(rows(judged), on="sample")
title = f"{job.wildcards.experiment}, seed {job.told['seed']}, generation 0"
if experiment.dataset.detected:
    title += f": {', '.join(('valid', *experiment.dataset.detected)).replace('_', ' ')}"
first = Score(detection.detectors[0], *experiment.scoring.window)
text = explorer.page(judged, every, shown, shape, trajectories, title, first)
with files.replacing(Path(job.output.page)) as temporary:
    temporary.write_text(text, encoding="utf-8")
