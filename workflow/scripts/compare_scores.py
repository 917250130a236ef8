"""Put the learned score beside the true one: along lines, and at the midpoints of pairs."""

import torch

from mirage.exact import DiffusedMixture
from mirage.metrics import score
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--lines", required=True)
    parser.add_argument("--slopes", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    torch.set_num_threads(args.threads)
    mixture, schedule = build.mixture(experiment.dataset), build.schedule(experiment)
    network = build.load_network(experiment, args.weights, "cpu")
    truth = DiffusedMixture(mixture, schedule)
    times = {
        fraction: score.time_at(schedule, fraction, mixture.spacing)
        for fraction in experiment.causes.noise_fractions
    }
    place = {"experiment": args.experiment, "seed": args.seed}
    lines = score.along_lines(network, truth, list(times.values())).assign(**place)
    updates = experiment.training.updates
    slopes = score.slopes_at(network, truth, times).assign(**place, update=updates)
    for path, table, schema in (
        (args.lines, lines, tables.SCORE_LINES),
        (args.slopes, slopes, tables.SLOPES),
    ):
        tables.write(path, table[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
