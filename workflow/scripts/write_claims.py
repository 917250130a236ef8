"""Write the ledger as a page of the report and as a Markdown table."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

from mirage import files
from mirage.figures import ledger
from mirage_workflow import tables

claims = tables.read(job.input.ledger)
for path, text in (
    (job.output.html, ledger.html(claims)),
    (job.output.markdown, ledger.markdown(claims)),
):
    with files.replacing(Path(path)) as temporary:
        temporary.write_text(text, encoding="utf-8")
