"""Plot a hundred pictures that a detector finds least suspicious, and a hundred most."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.detectors import Score
from mirage.figures import hal_sheet, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

experiment, detector = sections(job.config), job.told["detector"]
score = Score(detector, *experiment.scoring.window)
values = tables.read(*job.input.samples, columns=[score.column])[score.column].sort_values()
pictures = tables.read_points(*job.input.samples, shape=experiment.dataset.shape)
count = min(hal_sheet.COUNT, len(values) // 2)
ends = values.iloc[[*range(count), *range(len(values) - count, len(values))]]
figure = hal_sheet.draw(
    pictures[ends.index[:count]],
    pictures[ends.index[count:]],
    ends.to_numpy(),
    len(values),
    f"{style.word(detector)} over the {style.window_words(score.first, score.last)}",
)
style.save(figure, job.output.png, job.output.pdf, about=job.about(hal_sheet.draw))
