"""Plot how the U-Net's bottleneck arranges pictures, and what lies between."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import embedding, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

t = sections(job.config).embedding.t
figure = embedding.draw(tables.read(job.input.embedding), tables.read(job.input.between), t)
style.save(figure, job.output.png, job.output.pdf, about=job.about(embedding.draw))
