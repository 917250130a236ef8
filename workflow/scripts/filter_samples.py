"""Keep the samples that the next generation trains on."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage import labels_by_eye
from mirage.filters import select
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.places import REFITTED
from mirage_workflow.schemas.samples import kept_schema
from mirage_workflow.sections import sections

schema = kept_schema(sections(job.config).dataset.shape)
name = job.wildcards.filter
choice = {"filter": "random" if name == REFITTED else name, **job.told}  # keep, threshold
scores = tables.read(*job.input.scores)
if job.input.labels:
    [scores] = labels_by_eye.attach([scores], tables.read(job.input.labels))
chosen = select(
    scores,
    choice["filter"],
    choice["keep"],
    numpy_rng(job.seed, "filter", job.generation),
    choice["threshold"],
)
samples = tables.read(*job.input.samples, columns=schema.names)
kept = samples[samples["sample"].isin(chosen)]
job.log.info("filter %s kept %d of %d samples", choice["filter"], len(kept), len(samples))
tables.write(job.output.kept, kept, schema, job.provenance() | choice)
