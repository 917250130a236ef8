"""Record the activation of the U-Net's bottleneck on real and generated pictures."""

import pandas as pd
import torch

from mirage import job, networks, tables
from mirage.bottleneck import choose_generated, choose_real
from mirage.diffusion import Schedule
from mirage.networks.unet import bottleneck
from mirage.streams import torch_stream


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--data", required=True, help="real pictures")
    parser.add_argument("--samples", nargs="+", required=True, help="generated pictures")
    parser.add_argument("--scores", required=True)
    parser.add_argument("--bottleneck", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    options, shape = experiment.embedding, experiment.dataset.shape
    torch.set_num_threads(args.threads)
    device = job.device(args.gpus)
    network = networks.load(experiment, args.weights, device)
    schedule = Schedule.linear(experiment.diffusion)
    rng = torch_stream(args.seed, "bottleneck", args.generation, device=device)
    real, generated = tables.read(args.data), tables.read(*args.samples)
    parts = []
    for source, pictures, chosen in (
        ("real", real, choose_real(real, options.pictures)),
        ("generated", generated, choose_generated(tables.read(args.scores), options.pictures)),
    ):
        pictures = pictures.set_index("sample").loc[chosen["sample"]]
        x0 = torch.from_numpy(tables.to_array(pictures, shape)).to(device)
        t = torch.full((len(x0),), options.t, device=device)
        eps = torch.randn(x0.shape, generator=rng, device=device)
        activation = bottleneck(network, schedule.add_noise(x0, t, eps), t)
        parts.append(chosen.assign(source=source, activation=list(activation.cpu().numpy())))
    schema = tables.bottleneck(activation.shape[1])
    provenance = job.provenance(args, device)
    tables.write(args.bottleneck, pd.concat(parts)[schema.names], schema, provenance)


if __name__ == "__main__":
    job.run(main)
