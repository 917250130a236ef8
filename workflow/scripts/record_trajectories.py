"""Walk a few blocks again and keep the paths of chosen samples."""

import numpy as np
import pandas as pd
import torch

from mirage import engine, frames
from mirage.samplers import draw_block
from mirage.trajectory import PathRecorder, choose_paths
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--scores", nargs="+", required=True)
    parser.add_argument("--trajectories", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    options, shape = experiment.sampling, experiment.dataset.shape
    torch.set_num_threads(args.threads)
    device = job.device(args.gpus)
    steps = build.steps(experiment)
    network = build.load_network(experiment, args.weights, device)
    model = engine.for_sampling(network, options.precision, device, calls=len(steps))
    kept = experiment.trajectories
    detector = experiment.detection.detectors[0]
    known = "label" if experiment.dataset.has_labels else detector
    scores = tables.Parts(*args.scores, columns=["sample", known])
    chosen = choose_paths(scores, kept.paths, options.block_size, detector)
    schema = tables.trajectories(shape)
    with tables.writing(
        args.trajectories, schema, job.provenance(args, device, engine=model.name)
    ) as append:
        for block, samples in chosen.groupby(chosen["sample"] // options.block_size):
            start = block * options.block_size
            recorder = PathRecorder(samples["sample"] - start, kept.steps)
            size = min(options.block_size, options.samples - start)
            draw_block(
                model,
                steps,
                shape,
                block,
                size,
                options.block_size,
                args.seed,
                args.generation,
                [recorder],
                options.clip,
                device,
            )
            append(long_form(samples, recorder, shape)[schema.names])


def long_form(samples: pd.DataFrame, recorder: PathRecorder, shape: tuple) -> pd.DataFrame:
    """One row for each sample and time."""
    x, x0_hat = (path.flatten(0, 1).numpy() for path in recorder.paths())
    steps = len(recorder.times)
    return pd.DataFrame(
        {
            "sample": np.repeat(samples["sample"], steps),
            "label": np.repeat(samples["label"], steps),
            "t": np.tile(recorder.times, len(samples)),
            **frames.from_array(x, "x_t"),
            **frames.from_array(x0_hat, "x0_hat"),
        }
    )


if __name__ == "__main__":
    job.run(main)
