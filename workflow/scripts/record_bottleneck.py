"""Record the activation of the U-Net's bottleneck on real and generated pictures."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd
import torch

from mirage import frames
from mirage.bottleneck import choose_by_squares, choose_generated, choose_real
from mirage.datasets.shapes import of_size
from mirage.networks.unet import bottleneck
from mirage.streams import torch_stream
from mirage.support.shapes import Thresholds, label_pictures
from mirage_workflow import tables
from mirage_workflow.config.datasets import ShapesOptions
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
rng = torch_stream(job.seed, "bottleneck", job.generation, device=device)
pictures_of = {"real": tables.read(job.input.data), "generated": tables.read(*job.input.samples)}


def chosen_by_source() -> dict[str, pd.DataFrame]:
    """The pictures to show, real and generated, with their groups."""
    real, scores = pictures_of["real"], tables.read(*job.input.scores)
    count = options.pictures
    if not isinstance(experiment.dataset, ShapesOptions):
        return {"real": choose_real(real, count), "generated": choose_generated(scores, count)}
    truth = of_size(experiment.dataset.image_size)
    thresholds = Thresholds.from_table(tables.read(job.input.counter))
    counted = label_pictures(frames.to_array(real, shape), truth, thresholds)
    return {
        "real": choose_by_squares(real[["sample"]].join(counted), truth, count),
        "generated": choose_by_squares(scores, truth, count),
    }


parts = []
for source, chosen in chosen_by_source().items():
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
