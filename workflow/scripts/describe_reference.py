"""Let the network in whose features pictures are compared see the real ones."""

import pandas as pd
import torch

from mirage import frames
from mirage.networks.features import own_features, torchscript_features
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--heldout", required=True)
    parser.add_argument("--network", required=True, help="own weights, or a TorchScript module")
    parser.add_argument("--reference", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    torch.set_num_threads(args.threads)
    see = torchscript_features if experiment.classifier.torchscript else own_features
    parts = []
    for split, path in (("train", args.data), ("heldout", args.heldout)):
        table = tables.read(path)
        features = see(args.network, frames.to_array(table, experiment.dataset.shape))
        known = [name for name in ("sample", "label") if name in table]
        parts.append(table[known].assign(split=split, features=list(features)))
    reference = pd.concat(parts)
    schema = tables.reference(features.shape[1], labelled="label" in reference)
    tables.write(args.reference, reference[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
