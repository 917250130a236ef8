"""Bring the bottleneck's activations down to the plane, and measure what lies between."""

from mirage_workflow.job import begin

job = begin(snakemake)

import numpy as np
import pandas as pd

from mirage import frames
from mirage.bottleneck import SQUARES
from mirage.metrics import between
from mirage.metrics.embedding import embed
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.schemas.bottleneck import BETWEEN, EMBEDDING

table = tables.read(job.input.bottleneck)
activations = frames.stack(table["activation"])
finite = np.isfinite(activations).all(1)
if not finite.all():
    job.log.warning("%d pictures left out: their activation is not finite", (~finite).sum())
known = table.loc[finite, ["source", "sample", "group"]].reset_index(drop=True)
activations = activations[finite]
positions, measured = np.nan, pd.DataFrame()
if set(known["group"]) <= set(SQUARES.groups):
    rng = numpy_rng(job.seed, "between", job.generation)
    positions, measured = between.of_sources(known, activations, SQUARES, rng)
embedded = known.assign(position=positions).join(embed(activations, job.seed))
measured = measured.reindex(columns=BETWEEN.names)
provenance = job.provenance()
tables.write(job.output.embedding, embedded[EMBEDDING.names], EMBEDDING, provenance)
tables.write(job.output.between, measured, BETWEEN, provenance)
