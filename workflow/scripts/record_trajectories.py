"""Walk a few blocks again and keep the paths of chosen samples."""

from mirage_workflow.job import begin

job = begin(snakemake)

import torch

from mirage import engine
from mirage.samplers import Stream, draw_block
from mirage.trajectory import PathRecorder, choose_paths, long_form
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.process import steps_of
from mirage_workflow.schemas.trajectories import trajectories_schema
from mirage_workflow.sections import sections

experiment = sections(job.config, job.schedule)
options, shape = experiment.sampling, experiment.dataset.shape
torch.set_num_threads(job.threads)
device = job.device()
steps = steps_of(experiment)
network = load_network(experiment, job.input.weights, device)
model = engine.for_sampling(network, options.precision, device, calls=len(steps))
kept, detector = experiment.trajectories, experiment.detection.detectors[0]
known = "label" if experiment.dataset.has_labels else detector
scores = tables.Parts(*job.input.scores, columns=["sample", known])
chosen = choose_paths(scores, kept.paths, options.block_size, detector)
stream = Stream(shape, options.block_size, job.seed, job.generation, device)
schema = trajectories_schema(shape)
provenance = job.provenance(device, engine=model.name)
with tables.writing(job.output.trajectories, schema, provenance) as append:
    for block, samples in chosen.groupby(chosen["sample"] // options.block_size):
        start = block * options.block_size
        recorder = PathRecorder(samples["sample"] - start, kept.steps)
        size = min(options.block_size, options.samples - start)
        draw_block(model, steps, block, size, stream, [recorder], options.clip)
        x, x0_hat = (path.numpy() for path in recorder.paths())
        append(long_form(samples, recorder.times, x0_hat, x)[schema.names])
