"""Draw the real training set and a held-out set of an experiment."""

import pandas as pd

from mirage import frames
from mirage.rng import numpy_rng
from mirage_workflow import build, job, tables
from mirage_workflow.config.datasets import MNIST, Images


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--heldout", required=True)
    args = parser.parse_args()
    options = job.sections(args.config).dataset
    provenance = job.provenance(args)
    for path, (samples, labels) in zip(
        (args.data, args.heldout), real_samples(options, args.seed), strict=True
    ):
        columns = {"sample": range(len(samples)), **frames.from_array(samples)}
        columns |= {} if labels is None else {"label": labels}
        schema = tables.data(options.shape, labelled=labels is not None)
        tables.write(path, pd.DataFrame(columns), schema, provenance)


def real_samples(options, seed):
    """Training and held-out samples, with their labels where there are any."""
    rng = numpy_rng(seed, "data")
    if isinstance(options, Images):
        from mirage.datasets.images import load_images

        for pictures in load_images(rng=rng, **build.arguments(options)):
            yield pictures, None
    elif isinstance(options, MNIST):
        from mirage.datasets.digits import load_digits

        for digits in load_digits(rng=rng, **build.arguments(options)):
            yield digits.images, digits.labels
    else:
        truth = build.truth(options)
        yield truth.sample(options.samples, rng)
        yield truth.sample(options.heldout, numpy_rng(seed, "heldout"))


if __name__ == "__main__":
    job.run(main)
