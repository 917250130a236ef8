"""Take the paths of a few chosen samples that were made elsewhere."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.elsewhere import Array
from mirage.trajectory import choose_paths, last_steps, long_form
from mirage_workflow import tables
from mirage_workflow.schemas.trajectories import trajectories_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)
options, kept = experiment.sampling, experiment.trajectories
paths, detector = Array(experiment.samples.paths, "x0_hat"), experiment.detection.detectors[0]
known = "label" if experiment.dataset.has_labels else detector
scores = tables.Parts(*job.input.scores, columns=["sample", known])
chosen = choose_paths(scores, kept.paths, options.block_size, detector)
schema = trajectories_schema(experiment.dataset.shape)
with tables.writing(job.output.trajectories, schema, job.provenance()) as append:
    for block, samples in chosen.groupby(chosen["sample"] // options.block_size):
        start = block * options.block_size
        rows = samples["sample"] - start
        x0_hat = paths.rows(start, min(options.block_size, options.samples - start))[rows]
        times, x0_hat = last_steps(x0_hat, kept.steps)
        append(long_form(samples, times, x0_hat)[schema.names])
