"""Train the base of the sweeps, and compare slopes with bridges at chosen updates."""

import pandas as pd

from mirage.exact import DiffusedMixture
from mirage.metrics import score
from mirage.training import Trainer
from mirage_workflow import build, job, tables
from mirage_workflow.variants import Seeds, draw_as_told, train


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--fractions", type=float, nargs="+", required=True, help="noise levels")
    parser.add_argument("--snapshots", type=int, nargs="+", required=True, help="updates")
    parser.add_argument("--slopes", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    device = job.device(args.gpus)
    mixture, schedule = build.mixture(experiment.dataset), build.schedule(experiment)
    truth = DiffusedMixture(mixture, schedule)
    times = {
        fraction: score.time_at(schedule, fraction, mixture.spacing) for fraction in args.fractions
    }
    parts = []

    def observe(done: int, trainer: Trainer) -> None:
        if done in args.snapshots:
            network = build.network_with(experiment, trainer.weights(), device)
            drawn = draw_as_told(network, experiment, args.seed, device=device)
            counts = score.pair_counts(drawn, mixture, experiment.scoring.radius)
            slopes = score.slopes_at(network.cpu(), truth, times)
            parts.append(slopes.merge(counts, on=["first", "second"]).assign(update=done))

    train(experiment, Seeds.same(args.seed), device, observe)
    table = pd.concat(parts).assign(experiment=args.experiment, seed=args.seed)
    schema = tables.FOLLOWED
    tables.write(args.slopes, table[schema.names], schema, job.provenance(args, device))


if __name__ == "__main__":
    job.run(main)
