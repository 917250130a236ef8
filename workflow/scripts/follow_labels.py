"""Train generation 0 once more, and count the labels of what it draws at chosen updates."""

from mirage_workflow.job import begin

job = begin(snakemake)

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mirage.datasets.base import labels_of
from mirage.metrics.rates import label_counts
from mirage_workflow import tables
from mirage_workflow.following import follow
from mirage_workflow.schemas.followed import FOLLOWED_LABELS
from mirage_workflow.sections import sections

experiment, device, asked = sections(job.config), job.device(), job.told["following"]
dataset, radius = experiment.dataset, experiment.scoring.radius
needed = {"counter": tables.read(job.input.counter)} if job.input.counter else {}
data = tables.read_points(job.input.data, shape=dataset.shape)


def judge(blocks: Iterable[np.ndarray]) -> pd.DataFrame:
    """Count labels."""
    labels = pd.concat(labels_of(dataset, block, radius, needed) for block in blocks)
    return label_counts(labels["label"])


table = follow(experiment, data, asked, job.seed, judge, device)
table = table.assign(experiment=job.wildcards.experiment, seed=job.seed)[FOLLOWED_LABELS.names]
tables.write(job.output.rates, table, FOLLOWED_LABELS, job.provenance(device))
