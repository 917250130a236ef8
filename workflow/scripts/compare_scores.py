"""Put the learned score beside the true one: along lines, and at the midpoints of pairs."""

from mirage_workflow.job import begin

job = begin(snakemake)

import torch

from mirage.exact import DiffusedMixture
from mirage.metrics import score
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.process import schedule_of
from mirage_workflow.schemas.score import SCORE_LINES
from mirage_workflow.schemas.slopes import SLOPES
from mirage_workflow.sections import sections

experiment = sections(job.config, job.schedule)
torch.set_num_threads(job.threads)
mixture, schedule = experiment.dataset.mixture, schedule_of(experiment)
network = load_network(experiment, job.input.weights, "cpu")
truth = DiffusedMixture(mixture, schedule)
times = {
    fraction: score.time_at(schedule, fraction, mixture.spacing)
    for fraction in experiment.causes.noise_fractions
}
place = {"experiment": job.wildcards.experiment, "seed": job.seed}
lines = score.along_lines(network, truth, list(times.values())).assign(**place)
updates = experiment.training.updates
slopes = score.slopes_at(network, truth, times).assign(**place, update=updates)
for path, table, schema in (
    (job.output.lines, lines, SCORE_LINES),
    (job.output.slopes, slopes, SLOPES),
):
    tables.write(path, table[schema.names], schema, job.provenance())
