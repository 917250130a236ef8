"""Count the false alarms and the misses of the counter of shapes."""

from mirage.datasets.shapes import of_size
from mirage.labels.shapes import Thresholds
from mirage.metrics.audit import audit
from mirage.rng import numpy_rng
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--counter", required=True, help="the thresholds")
    parser.add_argument("--audit", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    thresholds = Thresholds.from_table(tables.read(args.counter))
    truth = of_size(experiment.dataset.image_size)
    options, rng = experiment.counter, numpy_rng(args.seed, "audit")
    confusion = audit(
        truth,
        thresholds,
        options.blur,
        options.haze,
        options.noise,
        options.audit,
        options.planted,
        rng,
    )
    tables.write(args.audit, confusion, tables.AUDIT, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
