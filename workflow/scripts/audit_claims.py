"""Try the rules that decide claims on models that are known."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.metrics.claims_audit import audit
from mirage.metrics.count_trials import trials
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.schemas.claims import CLAIMS_AUDIT

rng = numpy_rng(job.seed, "audit_claims")
table = audit(trials(), job.told["repetitions"], rng, job.told["alphas"])
for row in table[~table["kept"]].itertuples():
    job.log.warning("%s, %s: %.3f, %.2f planned", row.rule, row.scenario, row.value, row.planned)
tables.write(job.output.audit, table[CLAIMS_AUDIT.names], CLAIMS_AUDIT, job.provenance())
