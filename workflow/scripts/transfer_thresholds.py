"""Find a threshold on each seed's generation 0, and test it on every seed and generation."""

import pandas as pd

from mirage import labels_by_eye
from mirage.detectors import column
from mirage.metrics import transfer
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--detector", required=True)
    parser.add_argument(
        "--generations",
        action="append",
        nargs="+",
        metavar=("SEED FILTER GENERATION SCORES", "SCORES"),
        required=True,
    )
    parser.add_argument("--labels", help="table LABELS, where people gave some: of all SCORES")
    parser.add_argument("--transfer", required=True)
    args = parser.parse_args()
    score = column(args.detector, job.sections(args.config).scoring.window)
    generations = [
        (int(seed), name, int(generation), read(shards, score, args.labels))
        for seed, name, generation, *shards in args.generations
    ]
    rows = []
    for from_seed, _, first, calibration in generations:
        if first:
            continue
        found = transfer.threshold(calibration, score)
        for seed, name, generation, scores in generations:
            if seed == from_seed and generation == 0:
                scores = scores[scores["sample"] % 2 == transfer.TEST]
            place = {"from_seed": from_seed, "seed": seed, "filter": name, "generation": generation}
            rows.append(place | transfer.test(scores, score, found))
    table = pd.DataFrame(rows).assign(experiment=args.experiment, score=score)
    schema = tables.TRANSFER
    tables.write(args.transfer, table[schema.names], schema, job.provenance(args))


def read(shards: list[str], score: str, labels: str | None) -> pd.DataFrame:
    """What is needed of a generation's scores, of the samples that have a label."""
    if labels is None:
        return tables.read(*shards, columns=["sample", "label", score])
    scores = tables.read(*shards, columns=["sample", score])
    return labels_by_eye.attach([scores], tables.read(labels))[0].dropna(subset="label")


if __name__ == "__main__":
    job.run(main)
