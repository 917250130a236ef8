"""Plot how often each label is drawn along a training."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import labels_by_update, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

truth = getattr(sections(job.config).dataset, "distribution", None)
blanks = getattr(truth, "independent_blanks", None)
figure = labels_by_update.draw(tables.read(job.input.rates), blanks)
style.save(figure, job.output.png, job.output.pdf, about=job.about(labels_by_update.draw))
