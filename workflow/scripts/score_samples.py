"""Join the detector scores of a shard's samples with what is known of their truth."""

from mirage_workflow.job import begin

job = begin(snakemake)

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from mirage import frames
from mirage.datasets.base import labels_of
from mirage.detectors import Score, every_score
from mirage.metrics import endpoint
from mirage_workflow import tables
from mirage_workflow.schemas.scores import ENDPOINT, image_scores, scores_schema, truth_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)
dataset = experiment.dataset


def judge_of() -> tuple[Callable[[np.ndarray], pd.DataFrame], pa.Schema]:
    """What tells the truth of samples, and what a network sees in them; the columns it gives."""
    needed = {"counter": tables.read(job.input.counter)} if "counter" in dataset.needs else {}
    columns, radius = truth_schema(dataset.label_columns), experiment.scoring.radius

    def labels(samples: np.ndarray) -> pd.DataFrame:
        return labels_of(dataset, samples, radius, needed)

    def labels_and_endpoints(points: np.ndarray) -> pd.DataFrame:
        ended = endpoint.label(points, dataset.mixture, radius)
        return labels(points).join(ended[["angle", "segment", "endpoint"]])

    if dataset.has_modes and experiment.scoring.endpoint:
        return labels_and_endpoints, pa.schema([*columns, *ENDPOINT])

    if "reference" not in dataset.needs:
        return labels, columns
    real, _ = tables.real_features(job.input.reference)
    seen = image_scores(real.shape[1], classes=experiment.has_classes)
    return lambda x: pd.concat([labels(x), judge_pictures(x, real)], axis=1), pa.schema(
        [*columns, *seen]
    )


def judge_pictures(pictures: np.ndarray, real: np.ndarray) -> pd.DataFrame:
    """Class and confidence where classes are known, distance to the nearest real, features."""
    import torch  # imported where it is needed: mixtures are scored without

    from mirage.metrics.pictures import nearest_distances
    from mirage.networks.features import seen

    torch.set_num_threads(job.threads)
    own = bool(experiment.classifier.torchscript)
    judged = seen(job.input.network, pictures, own, experiment.has_classes)
    features = judged.pop("features")
    nearest = nearest_distances(frames.stack(features), real)
    return judged.assign(nn_distance=nearest, features=features)


every = every_score(experiment.detection.detectors, experiment.detection.windows)
windows = [score.column for score in every]
default = [Score(name, *experiment.scoring.window) for name in experiment.detection.detectors]
judge, truth = judge_of()
# Judged block by block, as pictures in a batch are rounded together: the limits of
# blocks, unlike those of shards, are always the same.
parts = []
for samples in tables.Parts(job.input.samples):
    own = {score.detector: samples[score.column] for score in default}
    scored = samples[["sample"]].assign(**own)
    judged = judge(frames.to_array(samples, dataset.shape))
    parts.append(pd.concat([scored, samples[windows], judged], axis=1))
schema = scores_schema(default, every, truth)
tables.write(job.output.scores, pd.concat(parts, ignore_index=True), schema, job.provenance())
