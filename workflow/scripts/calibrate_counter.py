"""Find the thresholds of the counter of shapes."""

from mirage.streams import stream
from mirage.support.calibration import calibrate
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--counter", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    options, truth = experiment.counter, experiment.dataset.distribution
    rng = stream(args.seed, "calibrate")
    thresholds = calibrate(
        truth, options.blur, options.haze, options.noise, options.calibration, rng
    )
    tables.write(args.counter, thresholds, tables.COUNTER, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
