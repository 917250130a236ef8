"""Train generation 0 once more, and count the labels of what it draws at chosen updates."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage import frames
from mirage.datasets.base import labels_of
from mirage.metrics.rates import label_counts
from mirage.samplers import sample
from mirage_workflow import tables
from mirage_workflow.networks import network_with
from mirage_workflow.process import steps_of
from mirage_workflow.schemas.followed import FOLLOWED_LABELS
from mirage_workflow.sections import sections
from mirage_workflow.trainers import trainer_of
from mirage_workflow.variants import for_sampling

experiment, device, asked = sections(job.config), job.device(), job.told["following"]
dataset, options, steps = experiment.dataset, experiment.sampling, steps_of(experiment)
needed = {"counter": tables.read(job.input.counter)} if job.input.counter else {}
data = tables.read_points(job.input.data, shape=dataset.shape)
trainer = trainer_of(experiment, data, job.seed, 0, device)
parts = []


def observe(done: int) -> None:
    """Draw and count, at the updates that are asked for: always from the same noise."""
    if done not in asked["updates"]:
        return
    network = network_with(experiment, trainer.weights(), device)
    model = for_sampling(network, experiment, asked["samples"], len(steps), device)
    block, clip = options.block_size, options.clip
    drawn = sample(
        *(model, steps, dataset.shape, asked["samples"]),
        **{"seed": job.seed, "block_size": block, "clip": clip, "device": device},
    )
    labels = [
        labels_of(dataset, frames.to_array(part, dataset.shape), experiment.scoring.radius, needed)
        for part in drawn
    ]
    parts.append(label_counts(pd.concat(labels)["label"]).assign(update=done))


trainer.run(observe=observe)
table = pd.concat(parts).assign(experiment=job.wildcards.experiment, seed=job.seed)
table = table[FOLLOWED_LABELS.names]
tables.write(job.output.rates, table, FOLLOWED_LABELS, job.provenance(device))
