"""Draw a few blocks again from a saved pipeline and keep the paths of chosen samples."""

from mirage_workflow.job import begin

job = begin(snakemake)

import torch

from mirage.hooks.pipelines import walk_again
from mirage.samplers import Stream
from mirage.trajectory import choose_paths, last_steps, long_form
from mirage_workflow import tables
from mirage_workflow.networks import load_pipeline
from mirage_workflow.schemas.trajectories import trajectories_schema
from mirage_workflow.sections import sections

experiment = sections(job.config)
options, kept = experiment.sampling, experiment.trajectories
torch.set_num_threads(job.threads)
device = job.device()
pipe = load_pipeline(experiment, job.input.weights, device)
detector = experiment.detection.detectors[0]
known = "label" if experiment.dataset.has_labels else detector
scores = tables.Parts(*job.input.scores, columns=["sample", known])
chosen = choose_paths(scores, kept.paths, options.block_size, detector)
shape = experiment.dataset.shape
stream = Stream(shape, options.block_size, job.seed, job.generation)
schema = trajectories_schema(shape)
with tables.writing(job.output.trajectories, schema, job.provenance(device)) as append:
    for block, samples in chosen.groupby(chosen["sample"] // options.block_size):
        rows = samples["sample"] - block * options.block_size
        times, x0_hat = last_steps(walk_again(pipe, rows, block, stream, options.steps), kept.steps)
        append(long_form(samples, times, x0_hat)[schema.names])
