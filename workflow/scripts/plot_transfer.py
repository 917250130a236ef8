"""Plot how thresholds do on other seeds and generations."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import style, transfer
from mirage_workflow import tables

figure = transfer.draw(tables.read(job.input.transfer))
style.save(figure, job.output.png, job.output.pdf, about=job.about(transfer.draw))
