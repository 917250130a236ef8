"""Decide every claim from the tables of a run."""

import json
from collections import defaultdict

import pandas as pd

from mirage_workflow import job, tables
from mirage_workflow.claims import decide
from mirage_workflow.config.claims import Claims


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--claims", type=json.loads, required=True, help="as JSON")
    parser.add_argument(
        "--table",
        action="append",
        nargs=3,
        default=[],
        metavar=("EXPERIMENT", "KIND", "PATH"),
        help="a part of a table; parts of one experiment and kind are joined",
    )
    parser.add_argument("--ledger", required=True)
    args = parser.parse_args()
    parts = defaultdict(list)
    for experiment, kind, path in args.table:
        parts[experiment, kind].append(path)

    def table_of(experiment: str, kind: str) -> pd.DataFrame | None:
        paths = parts[experiment, kind]
        return tables.read(*paths) if paths else None

    ledger = decide(Claims.model_validate(args.claims), table_of)[tables.CLAIMS.names]
    tables.write(args.ledger, ledger, tables.CLAIMS, job.provenance(args))


if __name__ == "__main__":
    job.run(main)
