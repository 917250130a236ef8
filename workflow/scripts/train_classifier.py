"""Train the classifier that judges generated pictures."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

import pandas as pd
import torch

from mirage import frames
from mirage.networks.classifier import train
from mirage_workflow import tables
from mirage_workflow.networks import save_weights
from mirage_workflow.process import arguments
from mirage_workflow.schemas.classifier import CLASSIFIER
from mirage_workflow.sections import sections

experiment, provenance = sections(job.config), job.provenance()
torch.set_num_threads(job.threads)
real, heldout = (
    (
        frames.to_array(table, experiment.dataset.shape),
        table["label"].to_numpy() if experiment.dataset.has_classes else None,
    )
    for table in (tables.read(job.input.data), tables.read(job.input.heldout))
)
options = arguments(experiment.classifier, "torchscript")
classifier, history = train(*real, heldout=heldout, seed=job.seed, **options)
tables.write(job.output.history, pd.DataFrame(history), CLASSIFIER, provenance)
save_weights(classifier.state_dict(), Path(job.output.weights), provenance)
