"""Put the learned score beside the true one over a cell of the lattice, as a field."""

from mirage_workflow.job import begin

job = begin(snakemake)

import torch

from mirage.exact import DiffusedMixture
from mirage.metrics import score
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.process import schedule_of
from mirage_workflow.schemas.score import SCORE_FIELD
from mirage_workflow.sections import sections

experiment = sections(job.config, job.schedule)
torch.set_num_threads(job.threads)
mixture, schedule = experiment.dataset.mixture, schedule_of(experiment)
network = load_network(experiment, job.input.weights, "cpu")
t = score.time_at(schedule, experiment.causes.noise_fractions[0], mixture.spacing)
field = score.field(network, DiffusedMixture(mixture, schedule), t)
field = field.assign(experiment=job.wildcards.experiment, seed=job.seed)
tables.write(job.output.field, field[SCORE_FIELD.names], SCORE_FIELD, job.provenance())
