"""Train the base of the sweeps on one data set with several seeds, and draw with several."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage.metrics.mixture import label_rates, tally
from mirage.metrics.rows import frame
from mirage_workflow import tables
from mirage_workflow.schemas.replicates import REPLICATES
from mirage_workflow.sections import sections
from mirage_workflow.variants import Seeds, draw_as_told, train

experiment, device = sections(job.config, job.schedule), job.device()
mixture = experiment.dataset.mixture
data_seed, replicates = int(job.wildcards.data_seed), job.told["replicates"]
parts = []
for training_seed in range(replicates):
    network = train(experiment, Seeds(data_seed, training_seed, 0), device)
    for sampling_seed in range(replicates):
        drawn = draw_as_told(network, experiment, sampling_seed, device=device)
        row = label_rates(tally([drawn], mixture), experiment.scoring.radius)[0]
        seeds = {"training_seed": training_seed, "sampling_seed": sampling_seed}
        parts.append(frame([row]).assign(**seeds))
table = pd.concat(parts).assign(experiment=job.wildcards.experiment, data_seed=data_seed)
tables.write(job.output.rates, table[REPLICATES.names], REPLICATES, job.provenance(device))
