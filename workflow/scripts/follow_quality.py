"""Train generation 0 once more, and compare what it draws at chosen updates with real pictures."""

from mirage_workflow.job import begin

job = begin(snakemake)

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mirage import frames
from mirage.metrics import pictures
from mirage.metrics.rows import frame
from mirage.networks.features import seen
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.following import follow
from mirage_workflow.schemas.quality import FOLLOWED_QUALITY
from mirage_workflow.sections import sections

experiment, device, asked = sections(job.config), job.device(), job.told["following"]
own = bool(experiment.classifier.torchscript)
real, heldout = tables.real_features(job.input.reference)
data = tables.read_points(job.input.data, shape=experiment.dataset.shape)


def judge(blocks: Iterable[np.ndarray]) -> pd.DataFrame:
    """Measure distances in the classifier's features."""
    judged = pd.concat(
        seen(job.input.network, block, own, experiment.has_classes) for block in blocks
    )
    features, rng = frames.stack(judged["features"]), numpy_rng(job.seed, "measure")
    return frame(pictures.measure(judged, features, real, heldout, rng, experiment.feature_network))


table = follow(experiment, data, asked, job.seed, judge, device)
table = table.assign(experiment=job.wildcards.experiment, seed=job.seed)[FOLLOWED_QUALITY.names]
tables.write(job.output.quality, table, FOLLOWED_QUALITY, job.provenance(device))
