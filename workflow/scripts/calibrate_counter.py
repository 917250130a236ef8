"""Find the thresholds of the counter of shapes."""

from mirage_workflow.job import begin

job = begin(snakemake)

from mirage.labels.calibration import calibrate
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.schemas.counter import COUNTER
from mirage_workflow.sections import sections

experiment = sections(job.config)
options, truth = experiment.counter, experiment.dataset.distribution
rng = numpy_rng(job.seed, "calibrate")
thresholds = calibrate(truth, options.blur, options.haze, options.noise, options.calibration, rng)
tables.write(job.output.counter, thresholds, COUNTER, job.provenance())
