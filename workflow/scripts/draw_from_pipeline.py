"""Draw one shard of samples from a saved pipeline, watching its scheduler on the way."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

import torch
from tqdm import tqdm

from mirage.detectors import every_score
from mirage.hooks.pipelines import sample
from mirage.hooks.saved import Saved
from mirage.samplers import Stream
from mirage_workflow import tables
from mirage_workflow.networks import load_pipeline
from mirage_workflow.schemas.samples import samples_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)
options, detection = experiment.sampling, experiment.detection
torch.set_num_threads(job.threads)
device = job.device()
first = int(job.wildcards.shard) * job.told["shard_size"]
size = min(job.told["shard_size"], options.samples - first)
pipe = load_pipeline(experiment, job.input.weights, device)
stream = Stream(experiment.dataset.shape, options.block_size, job.seed, job.generation)
parts = sample(pipe, size, stream, detection.detectors, detection.windows, first, options.steps)
schema = samples_schema(stream.shape, every_score(detection.detectors, detection.windows))
about = {"scheduler": type(pipe.scheduler).__name__}
provenance = job.provenance(device, pipeline=Saved(Path(experiment.network.folder)).digest, **about)
with tables.writing(job.output.samples, schema, provenance) as append:
    for part in tqdm(parts, "drawing", total=-(-size // options.block_size), mininterval=10):
        append(part[schema.names])
