"""Read the labels that people gave by eye, and say which of them count."""

from pathlib import Path

import pandas as pd

from mirage import labels_by_eye
from mirage.pages import label
from mirage.streams import stream
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--by-eye", type=Path, nargs="+", required=True, help="CSVs, one or two")
    parser.add_argument("--samples", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--labels", required=True)
    args = parser.parse_args()
    shape = job.sections(args.config).dataset.shape
    pictures = tables.read_points(*args.samples, shape=shape)
    digest = label.digest(pictures, label.choose(len(pictures), stream(args.seed, "label")))
    people = [labels_by_eye.read(path, len(pictures)) for path in args.by_eye]
    for labels in people:
        labels.require(digest)
    first, second = people[0].words, people[1].words if len(people) > 1 else {}
    seen = sorted({*first, *second})
    columns = {"label": labels_by_eye.agreed(people), "first": first, "second": second}
    words = {name: [given.get(sample) for sample in seen] for name, given in columns.items()}
    table = pd.DataFrame({"sample": seen, **words})
    job.log.info("%d of %d samples have a label", table["label"].count(), len(pictures))
    schema = tables.LABELS
    tables.write(
        args.labels, table[schema.names].astype({"sample": int}), schema, job.provenance(args)
    )


if __name__ == "__main__":
    job.run(main)
