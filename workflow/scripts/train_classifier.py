"""Train the classifier that judges generated pictures, and let it see the real ones."""

from pathlib import Path

import pandas as pd
import torch

from mirage import job, networks, tables
from mirage.networks.classifier import judge, train


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--heldout", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--history", required=True)
    parser.add_argument("--reference", required=True, help="features of the real pictures")
    args = parser.parse_args()
    experiment = job.sections(args.config)
    torch.set_num_threads(args.threads)
    provenance = job.provenance(args)
    splits = {"train": tables.read(args.data), "heldout": tables.read(args.heldout)}
    real = {
        split: (tables.to_array(table, experiment.dataset.shape), table["label"].to_numpy())
        for split, table in splits.items()
    }
    classifier, history = train(
        experiment.classifier, *real["train"], heldout=real["heldout"], seed=args.seed
    )
    tables.write(args.history, pd.DataFrame(history), tables.CLASSIFIER, provenance)
    reference = pd.concat(
        table[["sample", "label"]].assign(
            split=split, features=list(judge(classifier, real[split][0]).features)
        )
        for split, table in splits.items()
    )
    schema = tables.reference(experiment.classifier.features)
    tables.write(args.reference, reference[schema.names], schema, provenance)
    networks.save(classifier.state_dict(), Path(args.weights), provenance)


if __name__ == "__main__":
    job.run(main)
