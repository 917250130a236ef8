"""Train one small model of a sweep, and measure it for each value that shares its training."""

from mirage_workflow.job import begin

job = begin(snakemake)

import json

import pandas as pd

from mirage import frames
from mirage.metrics import mixture, windows
from mirage.metrics.histogram import marginals
from mirage.metrics.rows import frame
from mirage_workflow import tables
from mirage_workflow.config.sweeps import number
from mirage_workflow.schemas.sweeps import MARGINALS, SWEEP
from mirage_workflow.sections import sections
from mirage_workflow.variants import Seeds, draw_as_told, train

trained, device = sections(job.config, job.schedule), job.device()
network = train(trained, Seeds.same(job.seed), device)
truth = trained.dataset.mixture
place = {"experiment": job.wildcards.experiment, "seed": job.seed}
place |= {"filter": "shared", "generation": 0}
parts, counts, drawn_by = [], [], {}
for factor, level, sampling in job.told["draws"]:
    experiment = sections(job.config | {"sampling": sampling}, job.schedule)
    predicted = experiment.predicted_window
    compared = windows.candidates(predicted, experiment.reverse_steps)
    key = json.dumps(sampling, sort_keys=True)
    if key not in drawn_by:  # the base stands at one level of many factors
        drawn_by[key] = draw_as_told(network, experiment, job.seed, compared, device)
    drawn = drawn_by[key]
    measured = mixture.measure(mixture.tally([drawn], truth), experiment.scoring.radius)
    measured += windows.measure(drawn, compared, predicted)
    varied = {"factor": factor, "level": level, "level_number": number(level)}
    parts.append(frame(measured).assign(**place, **varied))
    points = frames.to_array(drawn, trained.dataset.shape)
    counts.append(marginals(points, truth).assign(**place, **varied))
table = pd.concat(parts)[SWEEP.names]
tables.write(job.output.metrics, table, SWEEP, job.provenance(device))
tables.write(
    job.output.histograms, pd.concat(counts)[MARGINALS.names], MARGINALS, job.provenance(device)
)
