"""Plot 2D samples by label over the true modes."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

from mirage import frames
from mirage.figures import samples, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

experiment = sections(job.config)
columns = ["sample", *frames.coordinates(experiment.dataset.shape)]
points = tables.read(*job.input.samples, columns=columns)
labels = tables.read(*job.input.scores, columns=["sample", "label"])
labelled = points.merge(labels, on="sample", validate="one_to_one")
if len(labelled) < len(points):
    missing = f"{len(points) - len(labelled)} of {len(points)} samples have no label"
    raise ValueError(f"{Path(job.input.scores[0]).parent}: {missing}")
figure = samples.draw(labelled, tables.read(job.input.modes), experiment.scoring.radius)
style.save(figure, job.output.png, job.output.pdf, about=job.about(samples.draw))
