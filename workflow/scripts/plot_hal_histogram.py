"""Plot how a detector's score is spread over valid and hallucinated samples."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.detectors import Score
from mirage.figures import hal_histogram, style
from mirage_workflow import tables
from mirage_workflow.sections import sections

experiment, detector = sections(job.config), job.told["detector"]
score = Score(detector, *experiment.scoring.window)
thresholds = hal_histogram.thresholds_of(
    tables.read(job.input.roc) if job.input.roc else None,
    score,
    job.told["threshold"],
)
name = f"{style.word(detector)} over the {style.window_words(score.first, score.last)}"
columns = [score.column, "label"] if experiment.dataset.has_labels else [score.column]
scores = tables.Parts(*job.input.scores, columns=columns)
judged = experiment.dataset.judged(scores)
figure = hal_histogram.draw(judged, score.column, name, thresholds)
style.save(figure, job.output.png, job.output.pdf, about=job.about(hal_histogram.draw))
