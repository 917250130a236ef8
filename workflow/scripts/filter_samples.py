"""Keep the samples that the next generation trains on."""

from mirage import labels_by_eye
from mirage.filters import select
from mirage.streams import stream
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--samples", nargs="+", required=True)
    parser.add_argument("--scores", nargs="+", required=True)
    parser.add_argument("--filter", required=True)
    parser.add_argument("--keep", type=int, required=True, help="samples kept")
    parser.add_argument("--threshold", type=float, help="largest score kept at all")
    parser.add_argument("--labels", help="table LABELS, where people gave some")
    parser.add_argument("--kept", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    schema = tables.kept(experiment.dataset.shape)
    scores = tables.read(*args.scores)
    if args.labels:
        [scores] = labels_by_eye.attach([scores], tables.read(args.labels))
    chosen = select(
        scores,
        args.filter,
        args.keep,
        stream(args.seed, "filter", args.generation),
        args.threshold,
    )
    samples = tables.read(*args.samples, columns=schema.names)
    kept = samples[samples["sample"].isin(chosen)]
    job.log.info("filter %s kept %d of %d samples", args.filter, len(kept), len(samples))
    choice = {"filter": args.filter, "keep": args.keep, "threshold": args.threshold}
    tables.write(args.kept, kept, schema, job.provenance(args) | choice)


if __name__ == "__main__":
    job.run(main)
