"""Count the false alarms and the misses of the counter of shapes."""

from mirage import job, tables
from mirage.datasets.shapes import build_shapes
from mirage.metrics.audit import audit
from mirage.streams import stream
from mirage.support.shapes import Thresholds


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--counter", required=True, help="the thresholds")
    parser.add_argument("--audit", required=True)
    args = parser.parse_args()
    experiment = job.sections(args.config)
    thresholds = Thresholds.from_table(tables.read(args.counter))
    truth = build_shapes(experiment.dataset)
    confusion = audit(truth, thresholds, experiment.counter, stream(args.seed, "audit"))
    tables.write(args.audit, confusion, tables.AUDIT, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
