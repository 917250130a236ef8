"""Join each sample's detector scores with what is known of its truth."""

import argparse

import numpy as np
import pandas as pd

from mirage import job, tables
from mirage.config import Experiment, MixtureOptions, ShapesOptions
from mirage.datasets import build_mixture
from mirage.datasets.shapes import build_shapes
from mirage.detectors import column, columns
from mirage.support import label_points
from mirage.support.shapes import Thresholds, label_pictures


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--samples", nargs="+", required=True)
    parser.add_argument("--scores", required=True)
    parser.add_argument("--network", help="for pictures: whose features are compared")
    parser.add_argument("--reference", help="for pictures: features of the real ones")
    parser.add_argument("--counter", help="for shapes: thresholds of their counter")
    args = parser.parse_args()
    experiment = job.sections(args.config)
    detection = experiment.detection
    windows = columns(detection.detectors, detection.windows)
    samples = tables.read(*args.samples)
    points = tables.to_array(samples, experiment.dataset.shape)
    if isinstance(experiment.dataset, MixtureOptions):
        mixture = build_mixture(experiment.dataset)
        truth = label_points(points, mixture, experiment.scoring.radius)
        kind = tables.MIXTURE_SCORES
    elif isinstance(experiment.dataset, ShapesOptions):
        thresholds = Thresholds.from_table(tables.read(args.counter))
        truth = label_pictures(points, build_shapes(experiment.dataset), thresholds)
        kind = tables.SHAPE_SCORES
    else:
        truth = judge_pictures(points, experiment, args)
        width = len(truth["features"].iloc[0])
        kind = tables.image_scores(width, classes=experiment.has_classes)
    default = {
        name: samples[column(name, experiment.scoring.window)] for name in detection.detectors
    }
    scores = pd.concat([samples[["sample"]].assign(**default), samples[windows], truth], axis=1)
    schema = tables.scores(detection.detectors, windows, kind)
    tables.write(args.scores, scores, schema, job.provenance(args))


def judge_pictures(
    pictures: np.ndarray, experiment: Experiment, args: argparse.Namespace
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
    real = tables.read(args.reference)
    real = tables.stack(real.loc[real["split"] == "train", "features"])
    columns = {"nn_distance": nearest_distances(features, real), "features": list(features)}
    if experiment.has_classes:
        columns = {
            "predicted_class": judgement.predicted_class,
            "confidence": judgement.confidence,
        } | columns
    return pd.DataFrame(columns)


if __name__ == "__main__":
    job.run(main)
