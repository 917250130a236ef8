"""Draw the real training set and a held-out set of an experiment."""

import pandas as pd

from mirage import frames
from mirage.datasets.base import real_samples
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--heldout", required=True)
    args = parser.parse_args()
    dataset = job.sections(args.config).dataset
    provenance = job.provenance(args)
    for path, (samples, labels) in zip(
        (args.data, args.heldout), real_samples(dataset, args.seed), strict=True
    ):
        columns = {"sample": range(len(samples)), **frames.from_array(samples)}
        columns |= {} if labels is None else {"label": labels}
        schema = tables.data(dataset.shape, labelled=labels is not None)
        tables.write(path, pd.DataFrame(columns), schema, provenance)


if __name__ == "__main__":
    job.run(main)
