"""Train the base of the sweeps, and compare slopes with bridges at chosen updates."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage.exact import DiffusedMixture
from mirage.metrics import score
from mirage.training import Trainer
from mirage_workflow import tables
from mirage_workflow.networks import network_with
from mirage_workflow.process import schedule_of
from mirage_workflow.schemas.slopes import FOLLOWED
from mirage_workflow.sections import sections
from mirage_workflow.variants import Seeds, draw_as_told, train

experiment, device = sections(job.config, job.schedule), job.device()
mixture, schedule = experiment.dataset.mixture, schedule_of(experiment)
truth = DiffusedMixture(mixture, schedule)
times = {
    fraction: score.time_at(schedule, fraction, mixture.spacing)
    for fraction in job.told["noise_fractions"]
}
parts = []


def observe(done: int, trainer: Trainer) -> None:
    """Compare, at the updates that are asked for."""
    if done in job.told["snapshots"]:
        network = network_with(experiment, trainer.weights(), device)
        drawn = draw_as_told(network, experiment, job.seed, device=device)
        counts = score.pair_counts(drawn, mixture, experiment.scoring.radius)
        slopes = score.slopes_at(network.cpu(), truth, times)
        parts.append(slopes.merge(counts, on=["first", "second"]).assign(update=done))


train(experiment, Seeds.same(job.seed), device, observe)
table = pd.concat(parts).assign(experiment=job.wildcards.experiment, seed=job.seed)
tables.write(job.output.slopes, table[FOLLOWED.names], FOLLOWED, job.provenance(device))
