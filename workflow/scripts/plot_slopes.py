"""Plot pairs' hallucination rates against their slope ratios."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import slopes, style
from mirage_workflow import tables

figure = slopes.draw(tables.read(*job.input.slopes))
style.save(figure, job.output.png, job.output.pdf, about=job.about(slopes.draw))
