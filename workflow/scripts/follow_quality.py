"""Train generation 0 once more, and compare what it draws at chosen updates with real pictures."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage import frames
from mirage.metrics import pictures
from mirage.metrics.rows import frame
from mirage.networks.features import seen
from mirage.rng import numpy_rng
from mirage.samplers import sample
from mirage_workflow import tables
from mirage_workflow.networks import network_with
from mirage_workflow.process import steps_of
from mirage_workflow.schemas.quality import FOLLOWED_QUALITY
from mirage_workflow.sections import sections
from mirage_workflow.trainers import trainer_of
from mirage_workflow.variants import for_sampling

experiment, device, asked = sections(job.config), job.device(), job.told["following"]
dataset, options, steps = experiment.dataset, experiment.sampling, steps_of(experiment)
own = bool(experiment.classifier.torchscript)
real, heldout = tables.real_features(job.input.reference)
data = tables.read_points(job.input.data, shape=dataset.shape)
trainer = trainer_of(experiment, data, job.seed, 0, device)
parts = []


def observe(done: int) -> None:
    """Draw and compare, at the updates that are asked for: always from the same noise."""
    if done not in asked["updates"]:
        return
    network = network_with(experiment, trainer.weights(), device)
    model = for_sampling(network, experiment, asked["samples"], len(steps), device)
    block, clip = options.block_size, options.clip
    drawn = sample(
        *(model, steps, dataset.shape, asked["samples"]),
        **{"seed": job.seed, "block_size": block, "clip": clip, "device": device},
    )
    judged = pd.concat(
        seen(job.input.network, frames.to_array(part, dataset.shape), own, experiment.has_classes)
        for part in drawn
    )
    features, rng = frames.stack(judged["features"]), numpy_rng(job.seed, "measure")
    rows = pictures.measure(judged, features, real, heldout, rng, experiment.feature_network)
    parts.append(frame(rows).assign(update=done))


trainer.run(observe=observe)
table = pd.concat(parts).assign(experiment=job.wildcards.experiment, seed=job.seed)
tables.write(
    job.output.quality, table[FOLLOWED_QUALITY.names], FOLLOWED_QUALITY, job.provenance(device)
)
