"""Bring the bottleneck's activations down to the plane."""

import numpy as np

from mirage import frames
from mirage.metrics.embedding import embed
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--bottleneck", required=True)
    parser.add_argument("--embedding", required=True)
    args = parser.parse_args()
    table = tables.read(args.bottleneck)
    activations = frames.stack(table["activation"])
    finite = np.isfinite(activations).all(1)
    if not finite.all():
        job.log.warning("%d pictures left out: their activation is not finite", (~finite).sum())
    known = table.loc[finite, ["source", "sample", "group"]].reset_index(drop=True)
    embedded = known.join(embed(activations[finite], args.seed))
    tables.write(args.embedding, embedded, tables.EMBEDDING, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
