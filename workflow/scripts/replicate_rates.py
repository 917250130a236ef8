"""Train the base of the sweeps on one data set with several seeds, and draw with several."""

import pandas as pd

from mirage.metrics.mixture import label_rates, tally
from mirage.metrics.rows import frame
from mirage_workflow import build, job, tables
from mirage_workflow.variants import Seeds, draw_as_told, train


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--data-seed", type=int, required=True)
    parser.add_argument(
        "--replicates", type=int, required=True, help="training and sampling seeds, from 0"
    )
    parser.add_argument("--rates", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    device = job.device(args.gpus)
    mixture = build.mixture(experiment.dataset)
    parts = []
    for training_seed in range(args.replicates):
        network = train(experiment, Seeds(args.data_seed, training_seed, 0), device)
        for sampling_seed in range(args.replicates):
            drawn = draw_as_told(network, experiment, sampling_seed, device=device)
            row = label_rates(tally([drawn], mixture), experiment.scoring.radius)[0]
            seeds = {"training_seed": training_seed, "sampling_seed": sampling_seed}
            parts.append(frame([row]).assign(**seeds))
    place = {"experiment": args.experiment, "data_seed": args.data_seed}
    table = pd.concat(parts).assign(**place)
    schema = tables.REPLICATES
    tables.write(args.rates, table[schema.names], schema, job.provenance(args, device))


if __name__ == "__main__":
    job.run(main)
