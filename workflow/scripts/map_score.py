"""Put the learned score beside the true one over a cell of the lattice, as a field."""

import torch

from mirage.exact import DiffusedMixture
from mirage.metrics import score
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--field", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    torch.set_num_threads(args.threads)
    mixture, schedule = build.mixture(experiment.dataset), build.schedule(experiment)
    network = build.load_network(experiment, args.weights, "cpu")
    t = score.time_at(schedule, experiment.causes.noise_fractions[0], mixture.spacing)
    field = score.field(network, DiffusedMixture(mixture, schedule), t)
    field = field.assign(experiment=args.experiment, seed=args.seed)
    schema = tables.SCORE_FIELD
    tables.write(args.field, field[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
