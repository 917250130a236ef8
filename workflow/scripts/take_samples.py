"""Take one shard of samples that were made elsewhere, and score their paths where there are any."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.detectors import every_score
from mirage.elsewhere import sample
from mirage_workflow import tables
from mirage_workflow.process import arguments
from mirage_workflow.schemas.samples import samples_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)
options, detection = experiment.sampling, experiment.detection
first = int(job.wildcards.shard) * job.told["shard_size"]
size = min(job.told["shard_size"], options.samples - first)
shape = experiment.dataset.shape
parts = sample(
    shape,
    size,
    detection.detectors,
    detection.windows,
    first,
    options.block_size,
    **arguments(experiment.samples),
)
schema = samples_schema(shape, every_score(detection.detectors, detection.windows))
with tables.writing(job.output.samples, schema, job.provenance()) as append:
    for part in parts:
        append(part[schema.names])
