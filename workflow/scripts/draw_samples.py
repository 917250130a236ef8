"""Draw one shard of samples, scoring their trajectories on the way."""

from mirage_workflow.job import begin

job = begin(snakemake)

import torch
from tqdm import tqdm

from mirage import engine, tensors
from mirage.detectors import every_score
from mirage.refitted import Modes
from mirage.samplers import Model, Stream, sample
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.places import REFITTED
from mirage_workflow.process import schedule_of, steps_of
from mirage_workflow.schemas.samples import samples_schema
from mirage_workflow.sections import sections

experiment = sections(job.config, job.schedule)
options, detection = experiment.sampling, experiment.detection
torch.set_num_threads(job.threads)
device = job.device()
steps = steps_of(experiment)
first = int(job.wildcards.shard) * job.told["shard_size"]
size = min(job.told["shard_size"], options.samples - first)
blocks = -(-size // options.block_size)


def model_of() -> tuple[Model, str]:
    """What predicts the noise, and what computes it."""
    if job.filter == REFITTED:
        modes = Modes(**tensors.read(job.input.weights)[0])
        return modes.model(schedule_of(experiment)), "exact score"
    network = load_network(experiment, job.input.weights, device)
    model = engine.for_sampling(network, options.precision, device, calls=blocks * len(steps))
    return model, model.name


model, computed_with = model_of()
stream = Stream(experiment.dataset.shape, options.block_size, job.seed, job.generation, device)
parts = sample(
    model, steps, size, stream, detection.detectors, detection.windows, first, options.clip
)
schema = samples_schema(stream.shape, every_score(detection.detectors, detection.windows))
provenance = job.provenance(device, engine=computed_with)
with tables.writing(job.output.samples, schema, provenance) as append:
    for part in tqdm(parts, "drawing", total=blocks, mininterval=10):
        append(part)
