"""Join the detector scores of a shard's samples with what is known of their truth."""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from mirage import frames
from mirage.datasets.shapes import of_size
from mirage.detectors import Score, every_score
from mirage.labels.shapes import Thresholds, label_pictures
from mirage.metrics.endpoint import label_both
from mirage_workflow import build, job, tables
from mirage_workflow.config.datasets import MixtureOptions, ShapesOptions
from mirage_workflow.config.experiment import Experiment

Judge = Callable[[np.ndarray], pd.DataFrame]


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--samples", required=True)
    parser.add_argument("--scores", required=True)
    parser.add_argument("--network", help="for pictures: whose features are compared")
    parser.add_argument("--reference", help="for pictures: features of the real ones")
    parser.add_argument("--counter", help="for shapes: thresholds of their counter")
    args = parser.parse_args()
    experiment = job.sections(args.config)
    detection = experiment.detection
    every = every_score(detection.detectors, detection.windows)
    windows = [score.column for score in every]
    default = [Score(name, *experiment.scoring.window) for name in detection.detectors]
    judge, truth = judge_of(experiment, args)
    schema = tables.scores(default, every, truth)
    # Judged block by block, as pictures in a batch are rounded together: the limits of
    # blocks, unlike those of shards, are always the same.
    parts = []
    for samples in tables.Parts(args.samples):
        own = {score.detector: samples[score.column] for score in default}
        scored = samples[["sample"]].assign(**own)
        judged = judge(frames.to_array(samples, experiment.dataset.shape))
        parts.append(pd.concat([scored, samples[windows], judged], axis=1))
    scores = pd.concat(parts, ignore_index=True)
    tables.write(args.scores, scores, schema, job.provenance(args))


def judge_of(experiment: Experiment, args: argparse.Namespace) -> tuple[Judge, pa.Schema]:
    """What tells the truth of samples, and the columns that it gives."""
    if isinstance(experiment.dataset, MixtureOptions):
        mixture, radius = build.mixture(experiment.dataset), experiment.scoring.radius
        asked = experiment.scoring.endpoint
        schema = tables.ENDPOINT_SCORES if asked else tables.MIXTURE_SCORES
        return lambda points: label_both(points, mixture, radius, asked), schema
    if isinstance(experiment.dataset, ShapesOptions):
        shapes = of_size(experiment.dataset.image_size)
        thresholds = Thresholds.from_table(tables.read(args.counter))
        return lambda x: label_pictures(x, shapes, thresholds), tables.SHAPE_SCORES
    real = tables.read(args.reference)
    real = frames.stack(real.loc[real["split"] == "train", "features"])
    truth = tables.image_scores(real.shape[1], classes=experiment.has_classes)
    return lambda pictures: judge_pictures(pictures, real, experiment, args), truth


def judge_pictures(
    pictures: np.ndarray, real: np.ndarray, experiment: Experiment, args: argparse.Namespace
) -> pd.DataFrame:
    """Class and confidence where classes are known, distance to the nearest real, features."""
    import torch  # imported where it is needed: mixtures are scored without

    from mirage.metrics.pictures import nearest_distances
    from mirage.networks import classifier
    from mirage.networks.features import torchscript_features

    torch.set_num_threads(args.threads)
    if experiment.classifier.torchscript:
        features = torchscript_features(args.network, pictures)
    else:
        judgement = classifier.judge(classifier.load(args.network), pictures)
        features = judgement.features
    columns = {"nn_distance": nearest_distances(features, real), "features": list(features)}
    if experiment.has_classes:
        columns = {
            "predicted_class": judgement.predicted_class,
            "confidence": judgement.confidence,
        } | columns
    return pd.DataFrame(columns)


if __name__ == "__main__":
    job.run(main)
