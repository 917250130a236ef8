"""Train one small model of a sweep, and measure it for each value that shares its training."""

from mirage_workflow.job import begin

job = begin(snakemake)

import json

import pandas as pd

from mirage import frames
from mirage.metrics import by_bridge, kept, mixture, windows
from mirage.metrics.excess import over_truth
from mirage.metrics.histogram import marginals
from mirage.metrics.rows import frame
from mirage_workflow import tables
from mirage_workflow.config.sweeps import number
from mirage_workflow.schemas.sweeps import MARGINALS, SWEEP
from mirage_workflow.sections import sections
from mirage_workflow.variants import Seeds, draw_as_told, draw_truth, train

trained, device = sections(job.config, job.schedule), job.device()
network = train(trained, Seeds.same(job.seed), device)
truth, radius = trained.dataset.mixture, trained.scoring.radius
place = {"experiment": job.wildcards.experiment, "seed": job.seed}
place |= {"filter": "shared", "generation": 0}


def counted(drawn: pd.DataFrame) -> list:
    """Where points ended, as a whole and by bridge."""
    rows = mixture.measure(mixture.tally([drawn], truth), radius)
    return rows + (by_bridge.measure(drawn, truth, radius) if "endpoint" in drawn else [])


def measured(sampling: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All metrics of the network's samples, beside the true score's own; counts in bins."""
    experiment = sections(job.config | {"sampling": sampling}, job.schedule)
    predicted = experiment.predicted_window
    compared = windows.candidates(predicted, experiment.reverse_steps)
    drawn = draw_as_told(network, experiment, job.seed, compared, device)
    told = windows.measure(drawn, compared, predicted)
    rows = frame([*counted(drawn), *told, *kept.measure(drawn, told)])
    true = frame(counted(draw_truth(experiment, job.seed, device)))
    counts = marginals(frames.to_array(drawn, experiment.dataset.shape), truth)
    return over_truth(rows, true).join(by_bridge.weights(truth), on="segment"), counts


parts, counts, found = [], [], {}
for factor, level, second, other, sampling in job.told["draws"]:
    key = json.dumps(sampling, sort_keys=True)
    if key not in found:  # the base stands at one level of many factors
        found[key] = measured(sampling)
    varied = {"factor": factor, "level": level, "level_number": number(level)}
    varied |= {"second_factor": second, "second_level": other}
    varied |= {"second_level_number": number(other or "")}
    parts.append(found[key][0].assign(**place, **varied))
    counts.append(found[key][1].assign(**place, **varied))
table = pd.concat(parts)[SWEEP.names]
tables.write(job.output.metrics, table, SWEEP, job.provenance(device))
tables.write(
    job.output.histograms, pd.concat(counts)[MARGINALS.names], MARGINALS, job.provenance(device)
)
