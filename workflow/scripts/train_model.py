"""Train the diffusion model of one generation, from its checkpoint if it has one."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

import pandas as pd

from mirage import tensors
from mirage_workflow import tables
from mirage_workflow.networks import save_weights
from mirage_workflow.schemas.training import LOSS
from mirage_workflow.sections import sections
from mirage_workflow.trainers import trainer_of

experiment, device = sections(job.config, job.schedule), job.device()
data = tables.read_points(job.input.data, shape=experiment.dataset.shape)
every = job.told["checkpoint_every"]
before = tensors.read(job.input.before)[0] if job.input.before else None
trainer = trainer_of(
    experiment, data, job.seed, job.generation, device, before, checkpoint_every=every
)
# No output of the rule: Snakemake would delete it before a restart.
checkpoint = Path(f"{job.output.weights}.checkpoint")
trainer.run(checkpoint, job.fingerprint(*job.input))
loss = pd.DataFrame({"update": range(len(trainer.losses)), "loss": trainer.losses.cpu()})
loss["learning_rate"] = loss["update"].map(trainer.learning_rate)
provenance = job.provenance(device, engine=trainer.loss.name)
tables.write(job.output.loss, loss, LOSS, provenance)
save_weights(trainer.weights(), Path(job.output.weights), provenance)
checkpoint.unlink(missing_ok=True)
