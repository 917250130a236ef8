"""Draw one shard of samples, scoring their trajectories on the way."""

import torch
from tqdm import tqdm

from mirage import engine
from mirage.detectors import columns
from mirage.samplers import sample
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--shard", type=int, required=True, help="number of this shard")
    parser.add_argument("--shard-size", type=int, required=True)
    parser.add_argument("--samples", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    options, detection = experiment.sampling, experiment.detection
    torch.set_num_threads(args.threads)
    device = job.device(args.gpus)
    steps = build.steps(experiment)
    first = args.shard * args.shard_size
    size = min(args.shard_size, options.samples - first)
    blocks = -(-size // options.block_size)
    network = build.load_network(experiment, args.weights, device)
    model = engine.for_sampling(network, options.precision, device, calls=blocks * len(steps))
    shape = experiment.dataset.shape
    parts = sample(
        model,
        steps,
        shape,
        size,
        detection.detectors,
        detection.windows,
        first,
        args.seed,
        args.generation,
        options.block_size,
        options.clip,
        device,
    )
    schema = tables.samples(shape, columns(detection.detectors, detection.windows))
    provenance = job.provenance(args, device, engine=model.name)
    with tables.writing(args.samples, schema, provenance) as append:
        for part in tqdm(parts, "drawing", total=blocks, mininterval=10):
            append(part)


if __name__ == "__main__":
    job.run(main)
