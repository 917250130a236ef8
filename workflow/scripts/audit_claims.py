"""Try the rules that decide claims on models that are known."""

from mirage.metrics.claims_audit import audit
from mirage.metrics.count_trials import trials
from mirage.rng import numpy_rng
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--repetitions", type=int, required=True, help="of each trial")
    parser.add_argument("--audit", required=True)
    args = parser.parse_args()
    table = audit(trials(), args.repetitions, numpy_rng(args.seed, "audit_claims"))
    for row in table[~table["kept"]].itertuples():
        job.log.warning(
            "%s, %s: %.3f, %.2f planned", row.rule, row.scenario, row.value, row.planned
        )
    schema = tables.CLAIMS_AUDIT
    tables.write(args.audit, table[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
