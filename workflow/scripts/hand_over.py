"""Let a perfect model of shapes begin a walk, and the network end it: when does it go wrong?"""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd
import torch
from tqdm import tqdm

from mirage import engine
from mirage.datasets.base import labels_of
from mirage.exact_shapes import DiffusedShapes
from mirage.metrics.rates import label_counts
from mirage.samplers import Model, Stream, blocks, draw_block, handing_over
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.process import schedule_of, steps_of
from mirage_workflow.schemas.handed_over import HANDED_OVER
from mirage_workflow.sections import sections

experiment, asked = sections(job.config, job.schedule), job.told["handover"]
torch.set_num_threads(job.threads)
device = job.device()
dataset, options, steps = experiment.dataset, experiment.sampling, steps_of(experiment)
exact, uncoupled = (
    DiffusedShapes(dataset.distribution, schedule_of(experiment), coupled).noise
    for coupled in (True, False)
)
stream = Stream(dataset.shape, options.block_size, job.seed, device=device)
cut = list(blocks(asked["samples"], options.block_size))
calls = len(steps) * len(cut) * (1 + len(asked["times"]))
weights = load_network(experiment, job.input.weights, device)
network = engine.for_sampling(weights, options.precision, device, calls)
counter = {"counter": tables.read(job.input.counter)}


def counted(model: Model) -> pd.DataFrame:
    """How often each label is drawn, from the same noise whatever the model."""
    labels = []
    for block, size in cut:
        x = draw_block(model, steps, block, size, stream, clip=options.clip)
        labels.append(labels_of(dataset, x.cpu().numpy(), experiment.scoring.radius, counter))
    return label_counts(pd.concat(labels)["label"])


first = steps[0].t
models = {"network": network, "uncoupled": uncoupled}
walks = [("exact", first, exact), *((name, first, model) for name, model in models.items())]
for at in asked["times"]:
    t = max(step.t for step in steps if step.t <= at)
    walks += [(name, t, handing_over(exact, model, t)) for name, model in models.items()]
drawn = [
    counted(model).assign(then=name, t=t)
    for name, t, model in tqdm(walks, "walking", mininterval=10)
]
table = pd.concat(drawn).assign(experiment=job.wildcards.experiment, seed=job.seed)
table = table.sort_values(["then", "t"], kind="stable")[HANDED_OVER.names]
provenance = job.provenance(device, engine=network.name)
tables.write(job.output.handed_over, table, HANDED_OVER, provenance)
