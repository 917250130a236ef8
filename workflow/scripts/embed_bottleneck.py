"""Bring the bottleneck's activations down to the plane."""

from mirage_workflow.job import begin

job = begin(snakemake)

import numpy as np

from mirage import frames
from mirage.metrics.embedding import embed
from mirage_workflow import tables
from mirage_workflow.schemas.bottleneck import EMBEDDING

table = tables.read(job.input.bottleneck)
activations = frames.stack(table["activation"])
finite = np.isfinite(activations).all(1)
if not finite.all():
    job.log.warning("%d pictures left out: their activation is not finite", (~finite).sum())
known = table.loc[finite, ["source", "sample", "group"]].reset_index(drop=True)
embedded = known.join(embed(activations[finite], job.seed))
tables.write(job.output.embedding, embedded, EMBEDDING, job.provenance())
