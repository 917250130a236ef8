"""Say where hallucinated samples lie, against what chance would give."""

from mirage.metrics.bridges import measure
from mirage.rng import numpy_rng
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--samples", nargs="+", required=True, help="shards, in order")
    parser.add_argument("--scores", nargs="+", required=True, help="for the labels")
    parser.add_argument("--bridges", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    points = tables.read_points(*args.samples, shape=experiment.dataset.shape)
    labels = tables.read(*args.scores, columns=["label"])["label"]
    mixture = build.mixture(experiment.dataset)
    rng = numpy_rng(args.seed, "chance")
    table = measure(points, labels, mixture, experiment.scoring.radius, rng)
    table = table.assign(experiment=args.experiment, seed=args.seed)
    schema = tables.BRIDGES
    tables.write(args.bridges, table[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
