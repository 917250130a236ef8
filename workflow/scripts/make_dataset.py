"""Draw the real training set and a held-out set of an experiment."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage import frames
from mirage.streams import stream
from mirage_workflow import tables
from mirage_workflow.config.datasets import MNIST, Images
from mirage_workflow.process import arguments, mixture_of
from mirage_workflow.schemas.samples import data_schema
from mirage_workflow.sections import sections


def real_samples(options, rng, heldout_rng):
    """Training and held-out samples, with their labels where there are any."""
    if isinstance(options, Images):
        from mirage.datasets.images import load_images

        return [(pictures, None) for pictures in load_images(rng=rng, **arguments(options))]
    if isinstance(options, MNIST):
        from mirage.datasets.digits import load_digits

        sets = load_digits(rng=rng, **arguments(options))
        return [(digits.images, digits.labels) for digits in sets]
    if options.name == "shapes":
        from mirage.datasets.shapes import of_size

        truth = of_size(options.image_size)
    else:
        truth = mixture_of(options)
    return truth.sample(options.samples, rng), truth.sample(options.heldout, heldout_rng)


options = sections(job.config).dataset
drawn = real_samples(options, stream(job.seed, "data"), stream(job.seed, "heldout"))
for path, (samples, labels) in zip((job.output.data, job.output.heldout), drawn, strict=True):
    columns = {"sample": range(len(samples)), **frames.from_array(samples)}
    columns |= {} if labels is None else {"label": labels}
    schema = data_schema(options.shape, labelled=labels is not None)
    tables.write(path, pd.DataFrame(columns), schema, job.provenance())
