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
real = tables.read_points(job.input.data, shape=shape)[:REAL]
pictures = tables.read_points(*job.input.samples, shape=shape)
if detector is None:
    figure = gallery.draw_unranked(real, pictures[: 2 * COUNT], len(pictures))
else:
    score = Score(detector, *experiment.scoring.window)
    values = tables.read(*job.input.samples, columns=[score.column])[score.column]
    lowest, highest = values.nsmallest(COUNT), values.nlargest(COUNT)
    figure = gallery.draw(
        real,
        pictures[lowest.index],
        pictures[highest.index],
        lowest.to_numpy(),
        highest.to_numpy(),
        len(values),
        f"{style.word(detector)} over the {style.window_words(score.first, score.last)}",
    )
drawn = gallery.draw if detector else gallery.draw_unranked
style.save(figure, job.output.png, job.output.pdf, about=job.about(drawn))
