"""Train the classifier that judges generated pictures."""

from pathlib import Path

import pandas as pd
import torch

from mirage import frames
from mirage.networks.classifier import train
from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--heldout", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--history", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    torch.set_num_threads(args.threads)
    provenance = job.provenance(args)
    real, heldout = (
        (
            frames.to_array(table, experiment.dataset.shape),
            table["label"].to_numpy() if experiment.dataset.has_classes else None,
        )
        for table in (tables.read(args.data), tables.read(args.heldout))
    )
    options = build.arguments(experiment.classifier, "torchscript")
    classifier, history = train(*real, heldout=heldout, seed=args.seed, **options)
    tables.write(args.history, pd.DataFrame(history), tables.CLASSIFIER, provenance)
    build.save_weights(classifier.state_dict(), Path(args.weights), provenance)


if __name__ == "__main__":
    job.run(main)
