"""Draw with one model by every sampler, and measure how much hallucinates."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd
import torch

from mirage.decomposition import FINE, walks
from mirage.exact import DiffusedMixture, DiffusedPoints
from mirage.metrics.mixture import distinct, tail_rates, tally
from mirage.metrics.rows import frame
from mirage_workflow import tables
from mirage_workflow.networks import load_network
from mirage_workflow.process import schedule_of
from mirage_workflow.schemas.causes import CAUSES
from mirage_workflow.sections import sections
from mirage_workflow.variants import draw, for_sampling

experiment, kind = sections(job.config, job.schedule), job.wildcards.model
torch.set_num_threads(job.threads)
device = job.device()
mixture, schedule = experiment.dataset.mixture, schedule_of(experiment)
if kind == "empirical":
    points = tables.read_points(job.input.data, shape=experiment.dataset.shape)
    model = DiffusedPoints(torch.from_numpy(points).to(device), schedule).noise
elif kind == "learned":
    network = load_network(experiment, job.input.weights, device)
samples = getattr(experiment.causes, f"{kind}_samples")

parts = []
variance, few = experiment.sampling.variance, experiment.causes.few_steps
compared = walks(schedule, mixture, experiment.start, variance, few, experiment.causes.tail)
for sampler, walk in compared.items():
    if kind == "true":
        model = DiffusedMixture(mixture, walk.schedule).noise
    elif sampler == FINE:
        continue
    elif kind == "learned":
        model = for_sampling(network, experiment, samples, len(walk.steps), device)
    size, radius = experiment.sampling.block_size, experiment.scoring.radius
    drawn = draw(model, walk.steps, mixture, samples, size, radius, job.seed, device=device)
    counted = tally([drawn], mixture)
    rates = tail_rates(counted)
    parts.append(frame([*rates, distinct(counted)]).assign(sampler=sampler))
    job.log.info("%s score, %s: %s", kind, sampler, {r.threshold: r.value for r in rates})
place = {"experiment": job.wildcards.experiment, "seed": job.seed}
table = pd.concat(parts).assign(**place, filter="shared", generation=0, model=kind)
tables.write(job.output.rates, table[CAUSES.names], CAUSES, job.provenance(device))
