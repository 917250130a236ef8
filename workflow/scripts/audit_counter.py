"""Count the false alarms and the misses of the counter of shapes."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.labels.shapes import Thresholds
from mirage.metrics.audit import audit
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.schemas.audit import AUDIT
from mirage_workflow.sections import sections

experiment = sections(job.config)
options = experiment.counter
confusion = audit(
    experiment.dataset.distribution,
    Thresholds.from_table(tables.read(job.input.counter)),
    options.blur,
    options.haze,
    options.noise,
    options.audit,
    options.planted,
    numpy_rng(job.seed, "audit"),
)
tables.write(job.output.audit, confusion, AUDIT, job.provenance())
