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
rows = []
for claim in Claims.model_validate({"claims": job.told["claims"]}).claims:
    for experiment in claim.experiments:
        paths = parts[experiment, claim.statistic.kind]
        rows.append(decide(claim, experiment, tables.read(*paths) if paths else None))
ledger = pd.DataFrame(rows)[CLAIMS.names]
tables.write(job.output.ledger, ledger, CLAIMS, job.provenance())
