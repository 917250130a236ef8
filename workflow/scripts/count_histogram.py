"""Count one-dimensional samples in bins, beside the true density."""

from mirage.metrics.histogram import histogram
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--samples", nargs="+", required=True)
    parser.add_argument("--histogram", required=True)
    args = parser.parse_args()
    dataset = job.sections(args.config).dataset
    shards = (tables.read_points(shard, shape=dataset.shape) for shard in args.samples)
    counts = histogram(shards, build.mixture(dataset))
    tables.write(args.histogram, counts, tables.HISTOGRAM, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
