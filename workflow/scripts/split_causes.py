"""Split the excess over the perfect-sampler floor into its causes, over seeds."""

from mirage.metrics.causes import split
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--rates", nargs="+", required=True)
    parser.add_argument("--causes", required=True)
    args = parser.parse_args()
    parts = split(tables.read(*args.rates)).assign(experiment=args.experiment)
    schema = tables.CAUSE_PARTS
    tables.write(args.causes, parts[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
