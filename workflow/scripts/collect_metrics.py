"""Join the metrics of all seeds, filters and generations of an experiment, and sum them up."""

from mirage.metrics.statistics import summarise
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--parts", nargs="+", required=True)
    parser.add_argument("--metrics", required=True)
    parser.add_argument("--summary", required=True, help="means and comparisons over seeds")
    args = parser.parse_args()
    metrics = tables.read(*args.parts)
    tables.write(args.metrics, metrics, tables.METRICS, job.provenance(args))
    summary = summarise(metrics).assign(experiment=args.experiment)
    schema = tables.SUMMARY
    tables.write(args.summary, summary[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
