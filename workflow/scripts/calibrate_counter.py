"""Find the thresholds of the counter of shapes."""

from mirage.datasets.shapes import of_size
from mirage.labels.calibration import calibrate
from mirage.rng import numpy_rng
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--counter", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    options, truth = experiment.counter, of_size(experiment.dataset.image_size)
    rng = numpy_rng(args.seed, "calibrate")
    thresholds = calibrate(
        truth, options.blur, options.haze, options.noise, options.calibration, rng
    )
    tables.write(args.counter, thresholds, tables.COUNTER, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
