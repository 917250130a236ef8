"""Plot real pictures, and those that a detector finds least and most suspicious."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.detectors import Score
from mirage.figures import gallery, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

REAL, COUNT = 10, 20
"""Real pictures shown, and generated ones at either end."""

experiment, detector = sections(job.config), job.told["detector"]
shape = experiment.dataset.shape
score = Score(detector, *experiment.scoring.window)
values = tables.read(*job.input.samples, columns=[score.column])[score.column]
pictures = tables.read_points(*job.input.samples, shape=shape)
lowest, highest = values.nsmallest(COUNT), values.nlargest(COUNT)
figure = gallery.draw(
    tables.read_points(job.input.data, shape=shape)[:REAL],
    pictures[lowest.index],
    pictures[highest.index],
    lowest.to_numpy(),
    highest.to_numpy(),
    len(values),
    f"{style.word(detector)} over the {style.window_words(score.first, score.last)}",
)
style.save(figure, job.output.png, job.output.pdf, about=job.about(gallery.draw))
