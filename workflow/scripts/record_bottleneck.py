"""Record the activation of the U-Net's bottleneck on real and generated pictures."""

import argparse

import pandas as pd
import torch

from mirage import frames
from mirage.bottleneck import choose_by_squares, choose_generated, choose_real
from mirage.datasets.shapes import of_size
from mirage.labels.shapes import Thresholds, label_pictures
from mirage.networks.unet import bottleneck
from mirage.rng import torch_rng
from mirage_workflow import build, job, tables
from mirage_workflow.config.datasets import ShapesOptions
from mirage_workflow.config.experiment import Experiment


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--data", required=True, help="real pictures")
    parser.add_argument("--samples", nargs="+", required=True, help="generated pictures")
    parser.add_argument("--scores", nargs="+", required=True)
    parser.add_argument("--counter", help="for shapes: thresholds of their counter")
    parser.add_argument("--bottleneck", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    options, shape = experiment.embedding, experiment.dataset.shape
    torch.set_num_threads(args.threads)
    device = job.device(args.gpus)
    network = build.load_network(experiment, args.weights, device)
    schedule = build.schedule(experiment)
    rng = torch_rng(args.seed, "bottleneck", args.generation, device=device)
    tables_of = {"real": tables.read(args.data), "generated": tables.read(*args.samples)}
    parts = []
    for source, chosen in choose(experiment, tables_of["real"], args).items():
        if chosen.empty:  # a young model may draw none of a group
            continue
        pictures = tables_of[source].set_index("sample").loc[chosen["sample"]]
        x0 = torch.from_numpy(frames.to_array(pictures, shape)).to(device)
        t = torch.full((len(x0),), options.t, device=device)
        eps = torch.randn(x0.shape, generator=rng, device=device)
        activation = bottleneck(network, schedule.add_noise(x0, t, eps), t)
        parts.append(chosen.assign(source=source, activation=list(activation.cpu().numpy())))
    schema = tables.bottleneck(activation.shape[1])
    provenance = job.provenance(args, device)
    tables.write(args.bottleneck, pd.concat(parts)[schema.names], schema, provenance)


def choose(
    experiment: Experiment, real: pd.DataFrame, args: argparse.Namespace
) -> dict[str, pd.DataFrame]:
    """The pictures to show, real and generated, with their groups."""
    scores, count = tables.read(*args.scores), experiment.embedding.pictures
    if not isinstance(experiment.dataset, ShapesOptions):
        return {"real": choose_real(real, count), "generated": choose_generated(scores, count)}
    truth = of_size(experiment.dataset.image_size)
    thresholds = Thresholds.from_table(tables.read(args.counter))
    pictures = frames.to_array(real, experiment.dataset.shape)
    counted = real[["sample"]].join(label_pictures(pictures, truth, thresholds))
    return {
        "real": choose_by_squares(counted, truth, count),
        "generated": choose_by_squares(scores, truth, count),
    }


if __name__ == "__main__":
    job.run(main)
