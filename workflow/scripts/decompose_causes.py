"""Draw with one model by every sampler, and measure how much hallucinates."""

import pandas as pd
import torch

from mirage.decomposition import FINE, walks
from mirage.exact import DiffusedMixture, DiffusedPoints
from mirage.metrics.mixture import tail_rates, tally
from mirage.metrics.rows import frame
from mirage_workflow import build, job, tables
from mirage_workflow.variants import draw, for_sampling


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--model", choices=("true", "empirical", "learned"), required=True)
    parser.add_argument("--data", help="for the empirical score: the training points")
    parser.add_argument("--weights", help="for the learned score")
    parser.add_argument("--rates", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    torch.set_num_threads(args.threads)
    device = job.device(args.gpus)
    mixture, schedule = build.mixture(experiment.dataset), build.schedule(experiment)
    if args.model == "empirical":
        points = tables.read_points(args.data, shape=experiment.dataset.shape)
        model = DiffusedPoints(torch.from_numpy(points).to(device), schedule).noise
    elif args.model == "learned":
        network = build.load_network(experiment, args.weights, device)
    samples = getattr(experiment.causes, f"{args.model}_samples")

    parts = []
    variance, few = experiment.sampling.variance, experiment.causes.few_steps
    compared = walks(schedule, mixture, experiment.start, variance, few, experiment.causes.tail)
    for sampler, walk in compared.items():
        if args.model == "true":
            model = DiffusedMixture(mixture, walk.schedule).noise
        elif sampler == FINE:
            continue
        elif args.model == "learned":
            model = for_sampling(network, experiment, samples, len(walk.steps), device)
        size, radius = experiment.sampling.block_size, experiment.scoring.radius
        drawn = draw(model, walk.steps, mixture, samples, size, radius, args.seed, device=device)
        rates = tail_rates(tally([drawn], mixture))
        parts.append(frame(rates).assign(sampler=sampler))
        job.log.info("%s score, %s: %s", args.model, sampler, {r.threshold: r.value for r in rates})
    place = {"experiment": args.experiment, "seed": args.seed, "filter": "shared", "generation": 0}
    table = pd.concat(parts).assign(**place, model=args.model)
    tables.write(
        args.rates, table[tables.CAUSES.names], tables.CAUSES, job.provenance(args, device)
    )


if __name__ == "__main__":
    job.run(main)
