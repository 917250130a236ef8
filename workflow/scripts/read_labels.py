"""Read the labels that people gave by eye, and say which of them count."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage import labels_by_eye
from mirage.pages import label
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.schemas.labels import LABELS
from mirage_workflow.sections import sections

shape = sections(job.config).dataset.shape
pictures = tables.read_points(*job.input.samples, shape=shape)
order = label.choose(len(pictures), numpy_rng(job.seed, "label"))
digest = label.digest(pictures, order)
people = [labels_by_eye.read(path, len(pictures)) for path in job.input.by_eye]
for labels in people:
    labels.require(digest)
first, second = people[0].words, people[1].words if len(people) > 1 else {}
seen = sorted({*first, *second})
columns = {"label": labels_by_eye.agreed(people), "first": first, "second": second}
words = {name: [given.get(sample) for sample in seen] for name, given in columns.items()}
table = pd.DataFrame({"sample": seen, **words})[LABELS.names].astype({"sample": int})
job.log.info("%d of %d samples have a label", table["label"].count(), len(pictures))
tables.write(job.output.labels, table, LABELS, job.provenance())
