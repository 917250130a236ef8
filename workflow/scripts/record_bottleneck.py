"""Record the activation of the U-Net's bottleneck on real and generated pictures."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd
import torch

from mirage import frames
from mirage.networks.unet import bottleneck
from mirage.rng import torch_rng
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.process import schedule_of
from mirage_workflow.schemas.bottleneck import bottleneck_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)
options, shape = experiment.embedding, experiment.dataset.shape
torch.set_num_threads(job.threads)
device = job.device()
network = load_network(experiment, job.input.weights, device)
schedule = schedule_of(experiment)
rng = torch_rng(job.seed, "bottleneck", job.generation, device=device)
pictures_of = {"real": tables.read(job.input.data), "generated": tables.read(*job.input.samples)}
needed = (
    {"counter": tables.read(job.input.counter)} if "counter" in experiment.dataset.needs else {}
)
scores = tables.read(*job.input.scores)
groups = experiment.dataset.choose(pictures_of["real"], scores, options.pictures, needed)
parts = []
for source, chosen in groups.items():
    if chosen.empty:  # a young model may draw none of a group
        continue
    pictures = pictures_of[source].set_index("sample").loc[chosen["sample"]]
    x0 = torch.from_numpy(frames.to_array(pictures, shape)).to(device)
    t = torch.full((len(x0),), options.t, device=device)
    eps = torch.randn(x0.shape, generator=rng, device=device)
    activation = bottleneck(network, schedule.add_noise(x0, t, eps), t)
    parts.append(chosen.assign(source=source, activation=list(activation.cpu().numpy())))
schema = bottleneck_schema(activation.shape[1])
recorded = pd.concat(parts)[schema.names]
tables.write(job.output.bottleneck, recorded, schema, job.provenance(device))
