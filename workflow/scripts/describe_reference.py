"""Let the network in whose features pictures are compared see the real ones."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd
import torch

from mirage import frames
from mirage.networks.features import own_features, torchscript_features
from mirage_workflow import tables
from mirage_workflow.schemas.reference import reference_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)
torch.set_num_threads(job.threads)
see = torchscript_features if experiment.classifier.torchscript else own_features
parts = []
for split, path in (("train", job.input.data), ("heldout", job.input.heldout)):
    table = tables.read(path)
    features = see(job.input.network, frames.to_array(table, experiment.dataset.shape))
    known = [name for name in ("sample", "label") if name in table]
    parts.append(table[known].assign(split=split, features=list(features)))
reference = pd.concat(parts)
schema = reference_schema(features.shape[1], labelled="label" in reference)
tables.write(job.output.reference, reference[schema.names], schema, job.provenance())
