"""Refit a mixture to what was kept of the generation before, in place of training a network."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

from mirage.labels.points import label_points
from mirage.refitted import fit
from mirage_workflow import tables
from mirage_workflow.networks import save_weights
from mirage_workflow.sections import sections

experiment = sections(job.config)
dataset = experiment.dataset
kept = tables.read_points(job.input.data, shape=dataset.shape)
labels = label_points(kept, dataset.mixture, experiment.scoring.radius)
valid = (labels["label"] == "valid").to_numpy()  # what lies between modes would widen them
modes = fit(kept[valid], labels["mode"].to_numpy()[valid])
job.log.info("%d modes refitted to %d of %d samples", len(modes.means), valid.sum(), len(kept))
save_weights(vars(modes), Path(job.output.weights), job.provenance())
