"""Decide every claim from the tables of a run."""

from mirage_workflow.job import begin

job = begin(snakemake)

from collections import defaultdict

import pandas as pd

from mirage_workflow import tables
from mirage_workflow.claims import decide
from mirage_workflow.config.claims import Claims
from mirage_workflow.schemas.claims import CLAIMS

parts = defaultdict(list)
for (experiment, kind), path in zip(job.told["kinds"], job.input.tables, strict=True):
    parts[experiment, kind].append(path)


def table_of(experiment: str, kind: str) -> pd.DataFrame | None:
    """The table of an experiment and a kind, if the run has it."""
    paths = parts[experiment, kind]
    return tables.read(*paths) if paths else None


ledger = decide(Claims.model_validate(job.told["claims"]), table_of)[CLAIMS.names]
tables.write(job.output.ledger, ledger, CLAIMS, job.provenance())
