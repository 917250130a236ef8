"""Draw one shard of samples, scoring their trajectories on the way."""

import pandas as pd
import torch
from tqdm import tqdm

from mirage import engine, frames
from mirage.detectors import columns
from mirage.samplers import blocks, draw_block
from mirage.trajectory import WindowScores
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--shard", type=int, required=True, help="number of this shard")
    parser.add_argument("--samples", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    options, detection = experiment.sampling, experiment.detection
    torch.set_num_threads(args.threads)
    device = job.device(args.gpus)
    steps = build.steps(experiment)
    first = args.shard * options.shard_size
    size = min(options.shard_size, options.samples - first)
    work = list(blocks(size, options.block_size, first))
    network = build.load_network(experiment, args.weights, device)
    calls = len(work) * len(steps)
    model = engine.for_sampling(network, options.precision, device, calls)
    schema = tables.samples(
        experiment.dataset.shape, columns(detection.detectors, detection.windows)
    )
    provenance = job.provenance(args, device, engine=model.name)
    with tables.writing(args.samples, schema, provenance) as append:
        for block, rows in tqdm(work, "drawing", mininterval=10):
            scores = WindowScores(detection.detectors, detection.windows)
            x = draw_block(
                model,
                steps,
                experiment.dataset.shape,
                block,
                rows,
                options.block_size,
                args.seed,
                args.generation,
                [scores],
                options.clip,
                device,
            )
            start = block * options.block_size
            drawn = {"sample": range(start, start + rows), **frames.from_array(x.cpu().numpy())}
            drawn |= {name: score.cpu() for name, score in scores.columns().items()}
            append(pd.DataFrame(drawn))


if __name__ == "__main__":
    job.run(main)
