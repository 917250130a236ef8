"""Plot a hundred generated pictures of shapes, each with its type."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import shapes_sheet, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

shape = sections(job.config).dataset.shape
figure = shapes_sheet.draw(
    tables.read_points(*job.input.samples, shape=shape),
    tables.read(*job.input.scores, columns=["sample", "label", "match"]),
)
style.save(figure, job.output.png, job.output.pdf, about=job.about(shapes_sheet.draw))
