"""Find a threshold on each seed's generation 0, and test it on every seed and generation."""

import pandas as pd

from mirage.detectors import Score
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
    parser.add_argument("--transfer", required=True)
    args = parser.parse_args()
    score = Score(args.detector, *job.sections(args.config).scoring.window)
    generations = [
        (int(seed), name, int(generation), read(shards, score))
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
    table = pd.DataFrame(rows).assign(experiment=args.experiment, **score._asdict())
    schema = tables.TRANSFER
    tables.write(args.transfer, table[schema.names], schema, job.provenance(args))


def read(shards: list[str], score: Score) -> pd.DataFrame:
    """What is needed of a generation's scores."""
    return tables.read(*shards, columns=["sample", "label", score.column])


if __name__ == "__main__":
    job.run(main)
