"""Join the metrics of all seeds, filters and generations of an experiment."""

from mirage import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--parts", nargs="+", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()
    tables.write(args.metrics, tables.read(*args.parts), tables.METRICS, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
