"""Hold a network of shapes against a perfect model: what it predicts, and where it goes wrong."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd
import torch
from tqdm import tqdm

from mirage import frames
from mirage.datasets.base import labels_of
from mirage.exact_shapes import DiffusedShapes
from mirage.metrics.coupling import handing_over, prediction_errors
from mirage.metrics.rates import label_counts
from mirage.rng import normal_noise, numpy_rng
from mirage.samplers import Model, Stream, sample
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.process import schedule_of, steps_of
from mirage_workflow.schemas.coupling import HANDED_OVER, PREDICTIONS
from mirage_workflow.sections import sections
from mirage_workflow.variants import for_sampling

NEVER = -1
"""The time of a network that is handed over to at none."""

experiment, asked = sections(job.config, job.schedule), job.told["coupling"]
torch.set_num_threads(job.threads)
device = job.device()
dataset, options, steps = experiment.dataset, experiment.sampling, steps_of(experiment)
schedule, truth, n = schedule_of(experiment), dataset.distribution, asked["samples"]
exact, uncoupled = (DiffusedShapes(truth, schedule, coupled) for coupled in (True, False))
network = for_sampling(
    load_network(experiment, job.input.weights, device), experiment, n, len(steps), device
)
counter = {"counter": tables.read(job.input.counter)}
stream = Stream(dataset.shape, options.block_size, job.seed, device=device)
place = {"experiment": job.wildcards.experiment, "seed": job.seed}

pictures = torch.from_numpy(truth.sample(n, numpy_rng(job.seed, "coupling"))[0]).to(device)
noise = normal_noise(job.seed, "coupling", device=device)(pictures.shape)
models = {"network": network, "uncoupled": uncoupled.noise}
errors = prediction_errors(models, exact, pictures, noise, [step.t for step in steps])
tables.write(
    job.output.predictions,
    errors.assign(**place)[PREDICTIONS.names],
    PREDICTIONS,
    job.provenance(device),
)


def counted(model: Model) -> pd.DataFrame:
    """How often each label is drawn, from the same noise whatever the model."""
    parts = sample(model, steps, n, stream, clip=options.clip)
    labels = [
        labels_of(dataset, frames.to_array(part, dataset.shape), experiment.scoring.radius, counter)
        for part in parts
    ]
    return label_counts(pd.concat(labels)["label"])


times = [NEVER, *sorted(asked["handovers"]), steps[0].t]
walks = [("exact", t, handing_over(exact.noise, network, t)) for t in times]
walks.append(("uncoupled", NEVER, uncoupled.noise))
drawn = [
    counted(model).assign(first=first, t=t, **place)
    for first, t, model in tqdm(walks, "walking", mininterval=10)
]
table = pd.concat(drawn)[HANDED_OVER.names]
tables.write(job.output.handed_over, table, HANDED_OVER, job.provenance(device))
