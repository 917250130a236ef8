"""Join the detector scores of a shard's samples with what is known of their truth."""

from mirage_workflow.job import begin

job = begin(snakemake)

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from mirage import frames
from mirage.datasets.shapes import of_size
from mirage.detectors import column, columns
from mirage.support.points import label_points
from mirage.support.shapes import Thresholds, label_pictures
from mirage_workflow import tables
from mirage_workflow.config.datasets import MixtureOptions, ShapesOptions
from mirage_workflow.process import mixture_of
from mirage_workflow.schemas.scores import MIXTURE_SCORES, SHAPE_SCORES, image_scores, scores_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)


def judge_of() -> tuple[Callable[[np.ndarray], pd.DataFrame], pa.Schema]:
    """What tells the truth of samples, and the columns that it gives."""
    if isinstance(experiment.dataset, MixtureOptions):
        mixture, radius = mixture_of(experiment.dataset), experiment.scoring.radius
        return lambda points: label_points(points, mixture, radius), MIXTURE_SCORES
    if isinstance(experiment.dataset, ShapesOptions):
        shapes = of_size(experiment.dataset.image_size)
        thresholds = Thresholds.from_table(tables.read(job.input.counter))
        return lambda x: label_pictures(x, shapes, thresholds), SHAPE_SCORES
    real = tables.read(job.input.reference)
    real = frames.stack(real.loc[real["split"] == "train", "features"])
    truth = image_scores(real.shape[1], classes=experiment.has_classes)
    return lambda pictures: judge_pictures(pictures, real), truth


def judge_pictures(pictures: np.ndarray, real: np.ndarray) -> pd.DataFrame:
    """Class and confidence where classes are known, distance to the nearest real, features."""
    import torch  # imported where it is needed: mixtures are scored without

    from mirage.metrics.pictures import nearest_distances
    from mirage.networks import classifier
    from mirage.networks.features import torchscript_features

    torch.set_num_threads(job.threads)
    if experiment.classifier.torchscript:
        features = torchscript_features(job.input.network, pictures)
    else:
        judgement = classifier.judge(classifier.load(job.input.network), pictures)
        features = judgement.features
    columns = {"nn_distance": nearest_distances(features, real), "features": list(features)}
    if experiment.has_classes:
        columns = {
            "predicted_class": judgement.predicted_class,
            "confidence": judgement.confidence,
        } | columns
    return pd.DataFrame(columns)


detectors, window = experiment.detection.detectors, experiment.scoring.window
windows = columns(detectors, experiment.detection.windows)
judge, truth = judge_of()
# Judged block by block, as pictures in a batch are rounded together: the limits of
# blocks, unlike those of shards, are always the same.
parts = []
for samples in tables.Parts(job.input.samples):
    default = {name: samples[column(name, window)] for name in detectors}
    scored = samples[["sample"]].assign(**default)
    judged = judge(frames.to_array(samples, experiment.dataset.shape))
    parts.append(pd.concat([scored, samples[windows], judged], axis=1))
schema = scores_schema(detectors, windows, truth)
tables.write(job.output.scores, pd.concat(parts, ignore_index=True), schema, job.provenance())
