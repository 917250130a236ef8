"""Plot true pictures of shapes beside generated ones, hallucinations framed and typed."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import shapes, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

shape = sections(job.config).dataset.shape
figure = shapes.draw(
    tables.read_points(job.input.data, shape=shape),
    tables.read_points(*job.input.samples, shape=shape),
    tables.read(*job.input.scores, columns=["label"]),
)
style.save(figure, job.output.png, job.output.pdf, about=job.about(shapes.draw))
