"""Plot the predicted clean sample over the last reverse steps."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.figures import style, trajectories
from mirage_workflow import tables
from mirage_workflow.sections import sections

experiment = sections(job.config)
figure = trajectories.draw(
    tables.read(job.input.trajectories),
    experiment.dataset.shape,
    tables.read(job.input.modes) if job.input.modes else None,
    radius=experiment.scoring.radius,
    window=experiment.trajectories.window,
)
style.save(figure, job.output.png, job.output.pdf, about=job.about(trajectories.draw))
