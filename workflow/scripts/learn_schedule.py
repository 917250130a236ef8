"""Learn the noise schedule that an experiment's networks are trained and sampled with."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd
import torch

from mirage.diffusion import Schedule
from mirage.learned_schedule import learn
from mirage.rng import torch_rng
from mirage_workflow import tables
from mirage_workflow.process import arguments
from mirage_workflow.schemas.schedule import SCHEDULE
from mirage_workflow.sections import sections

experiment = sections(job.config)
torch.set_num_threads(job.threads)
points = torch.from_numpy(tables.read_points(job.input.data, shape=experiment.dataset.shape))
learned = learn(points, **arguments(experiment.diffusion, "timesteps"), seed=job.seed)
schedule = Schedule(learned.betas(experiment.diffusion.timesteps))
table = pd.DataFrame({"t": range(len(schedule.betas)), "beta": schedule.betas})
table["alphas_cumprod"] = schedule.alphas_cumprod
tables.write(job.output.schedule, table, SCHEDULE, job.provenance())
for name, straight in (("an even", True), ("the learned", False)):
    losses = learned.losses(points, torch_rng(job.seed, "schedule losses"), straight)
    job.log.info(
        "with %s rise of gamma the loss of a point is %.4g nats, of variance %.4g",
        *(name, losses.mean(), losses.var()),
    )
