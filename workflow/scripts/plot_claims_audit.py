"""Plot the audit of the ledger."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import claims_audit, style
from mirage_workflow import tables

figure = claims_audit.draw(tables.read(job.input.audit))
style.save(figure, job.output.png, job.output.pdf, about=job.about(claims_audit.draw))
