"""Draw the real training set and a held-out set of an experiment."""

import pandas as pd

from mirage import job, tables
from mirage.config import Images, MixtureOptions, ShapesOptions
from mirage.datasets import build_mixture
from mirage.streams import stream


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
        columns = {"sample": range(len(samples)), **tables.from_array(samples)}
        columns |= {} if labels is None else {"label": labels}
        schema = tables.data(options.shape, labelled=labels is not None)
        tables.write(path, pd.DataFrame(columns), schema, provenance)


def real_samples(options, seed):
    """Training and held-out samples, with their labels where there are any."""
    if isinstance(options, MixtureOptions):
        mixture = build_mixture(options)
        yield mixture.sample(options.samples, stream(seed, "data"))
        yield mixture.sample(options.heldout, stream(seed, "heldout"))
    elif isinstance(options, Images):
        from mirage.datasets.images import load_images

        for pictures in load_images(options, stream(seed, "data")):
            yield pictures, None
    elif isinstance(options, ShapesOptions):
        from mirage.datasets.shapes import build_shapes

        truth = build_shapes(options)
        yield truth.sample(options.samples, stream(seed, "data"))
        yield truth.sample(options.heldout, stream(seed, "heldout"))
    else:
        from mirage.datasets.digits import load_digits

        for digits in load_digits(options, stream(seed, "data")):
            yield digits.images, digits.labels


if __name__ == "__main__":
    job.run(main)
